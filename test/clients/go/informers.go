package main

import (
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
)

// seen keeps what handlers were told.
type seen struct {
	lock  sync.Mutex
	lines map[string]int
}

func (s *seen) add(line string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.lines[line]++
}

func (s *seen) has(line string) func() (bool, error) {
	return func() (bool, error) {
		s.lock.Lock()
		defer s.lock.Unlock()
		return s.lines[line] > 0, nil
	}
}

func (s *seen) handler() cache.ResourceEventHandlerFuncs {
	name := func(object any) string {
		key, _ := cache.DeletionHandlingMetaNamespaceKeyFunc(object)
		return key
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { s.add("add " + name(object)) },
		UpdateFunc: func(_, object any) { s.add("update " + name(object)) },
		DeleteFunc: func(object any) { s.add("delete " + name(object)) },
	}
}

// informersScenario: the caches of a controller: typed (protobuf), dynamic and metadata only, with handlers, indexes and listers.
// KUBE_FEATURE_WatchListClient=true makes them begin with a streaming list.
func informersScenario(w *world) {
	w.makeNamespace()
	pod := func(name string) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"n": name}},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "busybox"}}}}
	}
	_, err := w.typed.CoreV1().Pods(w.namespace).Create(w.ctx, pod("first"), metav1.CreateOptions{})
	w.step("a pod", err)

	factory := informers.NewSharedInformerFactoryWithOptions(w.typed, time.Second, informers.WithNamespace(w.namespace))
	informer := factory.Core().V1().Pods()
	told := &seen{lines: map[string]int{}}
	informer.Informer().AddEventHandler(told.handler())
	informer.Informer().AddIndexers(cache.Indexers{"node": func(object any) ([]string, error) {
		return []string{object.(*corev1.Pod).Spec.NodeName}, nil
	}})
	nodes := factory.Core().V1().Nodes()
	nodes.Informer()
	resource := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	unstructured := dynamicinformer.NewFilteredDynamicSharedInformerFactory(dynamic.NewForConfigOrDie(w.config), 0, w.namespace, nil)
	told2 := &seen{lines: map[string]int{}}
	unstructured.ForResource(resource).Informer().AddEventHandler(told2.handler())
	metadataOnly := metadatainformer.NewFilteredSharedInformerFactory(metadata.NewForConfigOrDie(w.config), 0, w.namespace, nil)
	told3 := &seen{lines: map[string]int{}}
	metadataOnly.ForResource(resource).Informer().AddEventHandler(told3.handler())
	stop := make(chan struct{})
	defer close(stop)
	factory.Start(stop)
	unstructured.Start(stop)
	metadataOnly.Start(stop)
	w.step("caches sync", all(same(synced(factory.WaitForCacheSync(stop)), true), same(synced(unstructured.WaitForCacheSync(stop)), true), same(synced(metadataOnly.WaitForCacheSync(stop)), true)))

	key := w.namespace + "/"
	w.step("what was there is told", all(w.eventually(told.has("add "+key+"first")), w.eventually(told2.has("add "+key+"first")), w.eventually(told3.has("add "+key+"first"))))
	_, err = w.typed.CoreV1().Pods(w.namespace).Create(w.ctx, pod("second"), metav1.CreateOptions{})
	w.step("what comes is told", all(err, w.eventually(told.has("add "+key+"second")), w.eventually(told2.has("add "+key+"second")), w.eventually(told3.has("add "+key+"second"))))
	w.step("what changes is told", all(w.eventually(told.has("update "+key+"second")), w.eventually(told2.has("update "+key+"second")), w.eventually(told3.has("update "+key+"second"))))
	w.step("the cache has the status", w.eventually(func() (bool, error) {
		read, err := informer.Lister().Pods(w.namespace).Get("second")
		return err == nil && read.Status.Phase == corev1.PodRunning && read.Status.StartTime != nil, err
	}))
	list, err := informer.Lister().List(labels.SelectorFromSet(labels.Set{"n": "second"}))
	w.step("lister", all(err, same(len(list), 1)))
	if len(list) == 1 {
		byNode, err := informer.Informer().GetIndexer().ByIndex("node", list[0].Spec.NodeName)
		w.step("index", all(err, same(len(byNode) > 0, true)))
	}
	allNodes, err := nodes.Lister().List(labels.Everything())
	w.step("nodes", all(err, same(len(allNodes), 2)))
	err = w.typed.CoreV1().Pods(w.namespace).Delete(w.ctx, "second", metav1.DeleteOptions{})
	w.step("what goes is told", all(err, w.eventually(told.has("delete "+key+"second")), w.eventually(told2.has("delete "+key+"second")), w.eventually(told3.has("delete "+key+"second"))))
	_, err = informer.Lister().Pods(w.namespace).Get("second")
	w.step("and is gone from the cache", same(err != nil, true))
	object, err := metadataOnly.ForResource(resource).Lister().ByNamespace(w.namespace).Get("first")
	w.step("metadata only", all(err, same(fmt.Sprintf("%T", object), "*v1.PartialObjectMetadata")))
}

func synced[K comparable](caches map[K]bool) bool {
	for _, done := range caches {
		if !done {
			return false
		}
	}
	return len(caches) > 0
}
