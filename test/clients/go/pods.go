package main

import (
	"context"
	"fmt"
	"io"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	autoscalingapply "k8s.io/client-go/applyconfigurations/autoscaling/v1"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/ptr"
)

// pods: what is done to pods beside reading and writing them: eviction, tokens, reviews, logs, subresources.
func pods(w *world) {
	w.makeNamespace()
	client := w.typed.CoreV1().Pods(w.namespace)
	made, err := w.typed.AppsV1().Deployments(w.namespace).Create(w.ctx, deployment("web", 2), metav1.CreateOptions{})
	w.step("deployment", err)
	_, err = w.typed.PolicyV1().PodDisruptionBudgets(w.namespace).Create(w.ctx, &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: made.Spec.Selector, MinAvailable: ptr.To(intstr.FromString("100%"))},
	}, metav1.CreateOptions{})
	w.step("budget", err)
	w.step("budget is counted", w.eventually(func() (bool, error) {
		budget, err := w.typed.PolicyV1().PodDisruptionBudgets(w.namespace).Get(w.ctx, "web", metav1.GetOptions{})
		return err == nil && budget.Status.CurrentHealthy == 2 && budget.Status.ObservedGeneration == budget.Generation, err
	}))
	list, err := client.List(w.ctx, metav1.ListOptions{LabelSelector: "app=web", FieldSelector: "status.phase=Running"})
	if !w.step("running pods", all(err, same(len(list.Items), 2))) {
		return
	}
	victim := list.Items[0]
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: victim.Name, Namespace: w.namespace}}
	err = client.EvictV1(w.ctx, eviction)
	w.step("eviction is refused", all(refused(err, errors.IsTooManyRequests), same(errors.HasStatusCause(err, policyv1.DisruptionBudgetCause), true)))
	w.step("budget deleted", w.typed.PolicyV1().PodDisruptionBudgets(w.namespace).Delete(w.ctx, "web", metav1.DeleteOptions{}))
	w.step("eviction", client.EvictV1(w.ctx, eviction))
	w.step("the evicted pod goes", w.eventually(func() (bool, error) {
		_, err := client.Get(w.ctx, victim.Name, metav1.GetOptions{})
		return errors.IsNotFound(err), nil
	}))
	eviction.Name = "none"
	w.step("eviction of nothing", refused(client.EvictV1(w.ctx, eviction), errors.IsNotFound))

	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "own"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "busybox"}}}}
	_, err = client.Create(w.ctx, pod, metav1.CreateOptions{})
	w.step("pod", err)
	var own *corev1.Pod
	w.step("it runs", w.eventually(func() (bool, error) {
		own, err = client.Get(w.ctx, "own", metav1.GetOptions{})
		return err == nil && own.Status.Phase == corev1.PodRunning, err
	}))
	binding := &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "own"}, Target: corev1.ObjectReference{Kind: "Node", Name: "node-1"}}
	w.step("a second binding", refused(client.Bind(w.ctx, binding, metav1.CreateOptions{}), errors.IsConflict))
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if own, err = client.Get(w.ctx, "own", metav1.GetOptions{}); err != nil {
			return err
		}
		debug := corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debug", Image: "busybox"}}
		own.Spec.EphemeralContainers = append(own.Spec.EphemeralContainers, debug)
		debugged, err := client.UpdateEphemeralContainers(w.ctx, "own", own, metav1.UpdateOptions{})
		return all(err, same(len(debugged.Spec.EphemeralContainers), 1))
	})
	w.step("ephemeral container", err)
	stream, err := client.GetLogs("own", &corev1.PodLogOptions{Container: "c"}).Stream(w.ctx)
	if w.step("logs", err) {
		_, err = io.ReadAll(stream)
		w.step("logs end", err)
	}
	_, err = client.GetLogs("own", &corev1.PodLogOptions{Container: "none"}).Stream(w.ctx)
	w.step("logs of no container", refused(err, errors.IsBadRequest))

	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To(int64(600))}}
	token, err := w.typed.CoreV1().ServiceAccounts(w.namespace).CreateToken(w.ctx, "default", request, metav1.CreateOptions{})
	w.step("token", all(err, same(token.Status.Token != "", true)))
	review, err := w.typed.AuthenticationV1().TokenReviews().Create(w.ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token.Status.Token}}, metav1.CreateOptions{})
	w.step("token review", all(err, same(review.Status.Authenticated, true), same(review.Status.User.Username, "system:serviceaccount:"+w.namespace+":default")))
	access, err := w.typed.AuthorizationV1().SelfSubjectAccessReviews().Create(w.ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "pods"}}}, metav1.CreateOptions{})
	w.step("access review", all(err, same(access.Status.Allowed, true)))
	me, err := w.typed.AuthenticationV1().SelfSubjectReviews().Create(w.ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	w.step("who am I", all(err, same(me.Status.UserInfo.Username != "", true)))
	err = client.Delete(w.ctx, "own", metav1.DeleteOptions{GracePeriodSeconds: ptr.To(int64(0))})
	_, gone := client.Get(w.ctx, "own", metav1.GetOptions{})
	w.step("delete at once", all(err, refused(gone, errors.IsNotFound)))
}

// scaleScenario: the scale subresource, typed, applied and by the polymorphic client.
func scaleScenario(w *world) {
	w.makeNamespace()
	deployments := w.typed.AppsV1().Deployments(w.namespace)
	_, err := deployments.Create(w.ctx, deployment("web", 1), metav1.CreateOptions{})
	w.step("deployment", err)
	current, err := deployments.GetScale(w.ctx, "web", metav1.GetOptions{})
	w.step("get scale", all(err, same(current.Spec.Replicas, 1), same(current.Status.Selector, "app=web")))
	// The controller writes the deployment meanwhile: a conflict is answered as programs do, by asking again.
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if current, err = deployments.GetScale(w.ctx, "web", metav1.GetOptions{}); err != nil {
			return err
		}
		current.Spec.Replicas = 2
		updated, err := deployments.UpdateScale(w.ctx, "web", current, metav1.UpdateOptions{})
		return all(err, same(updated.Spec.Replicas, 2))
	})
	w.step("update scale", err)
	current.ResourceVersion = "1"
	_, err = deployments.UpdateScale(w.ctx, "web", current, metav1.UpdateOptions{})
	w.step("an old scale", refused(err, errors.IsConflict))
	_, err = deployments.UpdateScale(w.ctx, "web", &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: autoscalingv1.ScaleSpec{Replicas: -1}}, metav1.UpdateOptions{})
	w.step("fewer than none", refused(err, errors.IsInvalid))
	applied, err := deployments.ApplyScale(w.ctx, "web", autoscalingapply.Scale().WithName("web").WithNamespace(w.namespace).WithSpec(autoscalingapply.ScaleSpec().WithReplicas(3)), metav1.ApplyOptions{FieldManager: "m", Force: true})
	w.step("apply scale", all(err, same(applied.Spec.Replicas, 3)))
	cached := memory.NewMemCacheClient(w.typed.Discovery())
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(cached)
	scales, err := scale.NewForConfig(w.config, mapper, dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(w.typed.Discovery()))
	w.step("scale client", err)
	resource := schema.GroupResource{Group: "apps", Resource: "deployments"}
	any, err := scales.Scales(w.namespace).Get(w.ctx, resource, "web", metav1.GetOptions{})
	w.step("any scale", all(err, same(any.Spec.Replicas, 3)))
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if any, err = scales.Scales(w.namespace).Get(w.ctx, resource, "web", metav1.GetOptions{}); err != nil {
			return err
		}
		any.Spec.Replicas = 0
		_, err := scales.Scales(w.namespace).Update(w.ctx, resource, any, metav1.UpdateOptions{})
		return err
	})
	w.step("update of any scale", err)
	w.step("no pods are left", w.eventually(func() (bool, error) {
		list, err := w.typed.CoreV1().Pods(w.namespace).List(w.ctx, metav1.ListOptions{LabelSelector: "app=web"})
		return err == nil && len(list.Items) == 0, err
	}))
}

// eventsScenario: the event recorder of client-go; what is told twice is counted.
func eventsScenario(w *world) {
	w.makeNamespace()
	about, err := w.typed.CoreV1().ConfigMaps(w.namespace).Create(w.ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "about"}}, metav1.CreateOptions{})
	w.step("object", err)
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&eventSink{w})
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "go-client"})
	recorder.Eventf(about, corev1.EventTypeNormal, "Told", "told %d", 1)
	found := func(count int32) func() (bool, error) {
		return func() (bool, error) {
			list, err := w.typed.CoreV1().Events(w.namespace).List(w.ctx, metav1.ListOptions{FieldSelector: "involvedObject.name=about,reason=Told"})
			return err == nil && len(list.Items) == 1 && list.Items[0].Count == count && list.Items[0].Message == "told 1", err
		}
	}
	w.step("an event is stored", w.eventually(found(1)))
	recorder.Eventf(about, corev1.EventTypeNormal, "Told", "told %d", 1)
	w.step("the same event is counted", w.eventually(found(2)))
	searched, err := w.typed.CoreV1().Events(w.namespace).Search(scheme.Scheme, about)
	w.step("search", all(err, same(len(searched.Items), 1)))
	newer, err := w.typed.EventsV1().Events(w.namespace).List(w.ctx, metav1.ListOptions{FieldSelector: "reason=Told"})
	w.step("as events.k8s.io", all(err, same(len(newer.Items), 1)))
}

type eventSink struct{ w *world }

func (s *eventSink) Create(event *corev1.Event) (*corev1.Event, error) {
	return s.w.typed.CoreV1().Events(s.w.namespace).CreateWithEventNamespace(event)
}
func (s *eventSink) Update(event *corev1.Event) (*corev1.Event, error) {
	return s.w.typed.CoreV1().Events(s.w.namespace).UpdateWithEventNamespace(event)
}
func (s *eventSink) Patch(event *corev1.Event, data []byte) (*corev1.Event, error) {
	return s.w.typed.CoreV1().Events(s.w.namespace).PatchWithEventNamespace(event, data)
}

// lead: stands for election as the argument until killed; tells when it leads.
func lead(w *world) {
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, "default", "go-lead", w.typed.CoreV1(), w.typed.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: w.argument})
	if !w.step("lock", err) {
		return
	}
	leaderelection.RunOrDie(context.Background(), leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: 6 * time.Second, RenewDeadline: 4 * time.Second, RetryPeriod: 500 * time.Millisecond,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { fmt.Println("leads " + w.argument) },
			OnStoppedLeading: func() { fmt.Println("stopped " + w.argument) },
			OnNewLeader:      func(identity string) { fmt.Println("sees " + identity) },
		},
	})
}
