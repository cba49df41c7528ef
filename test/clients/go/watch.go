package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/utils/ptr"
)

func (w *world) collect(events <-chan watch.Event, count int) string {
	lines := []string{}
	for len(lines) < count {
		select {
		case event, open := <-events:
			if !open {
				return strings.Join(append(lines, "closed"), ", ")
			}
			name := ""
			if object, is := event.Object.(*corev1.ConfigMap); is {
				name = " " + object.Name + object.Data["k"]
			}
			lines = append(lines, string(event.Type)+name)
		case <-time.After(20 * time.Second):
			return strings.Join(append(lines, "nothing more"), ", ")
		}
	}
	return strings.Join(lines, ", ")
}

// watchScenario: watches from a resourceVersion, over selectors, with bookmarks, ended by their time, and what client-go builds on them.
func watchScenario(w *world) {
	w.makeNamespace()
	maps := w.typed.CoreV1().ConfigMaps(w.namespace)
	mine := metav1.ListOptions{LabelSelector: "set=watch"}
	list, err := maps.List(w.ctx, mine)
	w.step("list", err)
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "w", Labels: map[string]string{"set": "watch"}}, Data: map[string]string{"k": "1"}}
	first, err := maps.Create(w.ctx, object, metav1.CreateOptions{})
	changed := first.DeepCopy()
	changed.Data["k"] = "2"
	second, err2 := maps.Update(w.ctx, changed, metav1.UpdateOptions{})
	changed = second.DeepCopy()
	changed.Labels = nil
	_, err3 := maps.Update(w.ctx, changed, metav1.UpdateOptions{})
	w.step("three writes", all(err, err2, err3))

	from := mine
	from.ResourceVersion = list.ResourceVersion
	watcher, err := maps.Watch(w.ctx, from)
	if w.step("watch", err) {
		w.step("from a list on, all events", same(w.collect(watcher.ResultChan(), 3), "ADDED w1, MODIFIED w2, DELETED w2"))
		watcher.Stop()
	}
	from.ResourceVersion = first.ResourceVersion
	if watcher, err = maps.Watch(w.ctx, from); w.step("watch from the middle", err) {
		w.step("from an object on, what follows", same(w.collect(watcher.ResultChan(), 2), "MODIFIED w2, DELETED w2"))
		watcher.Stop()
	}
	if watcher, err = maps.Watch(w.ctx, metav1.ListOptions{FieldSelector: "metadata.name=w", TimeoutSeconds: ptr.To(int64(1))}); w.step("watch for a second", err) {
		w.step("state first, then the end", same(w.collect(watcher.ResultChan(), 9), "ADDED w2, closed"))
	}
	streaming := metav1.ListOptions{FieldSelector: "metadata.name=w", SendInitialEvents: ptr.To(true), AllowWatchBookmarks: true,
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan}
	if watcher, err = maps.Watch(w.ctx, streaming); w.step("streaming list", err) {
		w.step("state, then a bookmark", same(w.collect(watcher.ResultChan(), 2), "ADDED w2, BOOKMARK "))
		watcher.Stop()
	}
	_, err = maps.List(w.ctx, metav1.ListOptions{ResourceVersion: "99999999999"})
	w.step("a version of the future", refused(err, func(err error) bool {
		return errors.IsTimeout(err) && errors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge)
	}))

	retrying, err := watchtools.NewRetryWatcher(list.ResourceVersion, &cache.ListWatch{WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
		options.LabelSelector = mine.LabelSelector
		options.TimeoutSeconds = ptr.To(int64(1))
		return maps.Watch(w.ctx, options)
	}})
	if w.step("retry watcher", err) {
		w.step("its events", same(w.collect(retrying.ResultChan(), 3), "ADDED w1, MODIFIED w2, DELETED w2"))
		time.Sleep(1500 * time.Millisecond)
		later := object.DeepCopy()
		later.Name = "later"
		_, err = maps.Create(w.ctx, later, metav1.CreateOptions{})
		w.step("across the end of a watch", all(err, same(w.collect(retrying.ResultChan(), 1), "ADDED later1")))
		retrying.Stop()
	}
	_, err = watchtools.UntilWithSync(w.ctx, &cache.ListWatch{
		ListFunc:  func(options metav1.ListOptions) (runtime.Object, error) { return maps.List(w.ctx, options) },
		WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) { return maps.Watch(w.ctx, options) },
	}, &corev1.ConfigMap{}, nil, func(event watch.Event) (bool, error) {
		return event.Object.(*corev1.ConfigMap).Name == "later", nil
	})
	w.step("UntilWithSync", err)
	short, cancel := context.WithCancel(w.ctx)
	watcher, err = maps.Watch(short, metav1.ListOptions{ResourceVersion: second.ResourceVersion})
	cancel()
	if err == nil {
		w.step("a cancelled watch ends", w.eventually(func() (bool, error) {
			_, open := <-watcher.ResultChan()
			return !open, nil
		}))
	} else {
		w.step("a cancelled watch ends", fmt.Errorf("watch: %w", err))
	}
}
