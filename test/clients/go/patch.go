package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
)

// patch: the patch types of the typed client.
func patch(w *world) {
	w.makeNamespace()
	deployments := w.typed.AppsV1().Deployments(w.namespace)
	_, err := deployments.Create(w.ctx, deployment("web", 0), metav1.CreateOptions{})
	w.step("create", err)
	send := func(kind types.PatchType, body string, subresources ...string) ([]string, error) {
		got, err := deployments.Patch(w.ctx, "web", kind, []byte(body), metav1.PatchOptions{}, subresources...)
		if err != nil {
			return nil, err
		}
		names := []string{}
		for _, container := range got.Spec.Template.Spec.Containers {
			names = append(names, container.Name+"="+container.Image)
		}
		return names, nil
	}
	names, err := send(types.StrategicMergePatchType, `{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}`)
	w.step("strategic merge patch", all(err, same(names, "[side=busybox web=nginx]")))
	names, err = send(types.StrategicMergePatchType, `{"spec":{"template":{"spec":{"containers":[{"name":"side","$patch":"delete"}]}}}}`)
	w.step("$patch: delete", all(err, same(names, "[web=nginx]")))
	names, err = send(types.JSONPatchType, `[{"op":"test","path":"/spec/replicas","value":0},{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"httpd"}]`)
	w.step("JSON patch", all(err, same(names, "[web=httpd]")))
	_, err = send(types.JSONPatchType, `[{"op":"test","path":"/spec/replicas","value":5}]`)
	w.step("a failed test", refused(err, errors.IsInvalid))
	names, err = send(types.MergePatchType, `{"spec":{"template":{"spec":{"containers":[{"name":"only","image":"busybox"}]}}}}`)
	w.step("merge patch", all(err, same(names, "[only=busybox]")))
	_, err = send(types.MergePatchType, `{"metadata":{"resourceVersion":"1"}}`)
	w.step("a patch of an old version", refused(err, errors.IsConflict))
	_, err = send(types.MergePatchType, `{"spec":{"selector":{"matchLabels":{"app":"other"}}}}`)
	w.step("an immutable field", refused(err, errors.IsInvalid))
	_, err = send(types.MergePatchType, `{"spec":{"replicas":"x"}}`)
	w.step("a wrong type", refused(err, errors.IsInvalid))
	_, err = send(types.MergePatchType, `{"spec"`)
	w.step("a broken patch", refused(err, errors.IsBadRequest))
	_, err = send(types.MergePatchType, `{"status":{"replicas":7}}`, "status")
	w.step("patch of the status", err)
	strict := metav1.PatchOptions{FieldValidation: metav1.FieldValidationStrict}
	_, err = deployments.Patch(w.ctx, "web", types.MergePatchType, []byte(`{"spec":{"replica":1}}`), strict)
	w.step("an unknown field, strictly", refused(err, errors.IsInvalid))
}

// apply: server-side apply through apply configurations, by two managers.
func apply(w *world) {
	w.makeNamespace()
	deployments := w.typed.AppsV1().Deployments(w.namespace)
	labels := map[string]string{"app": "web"}
	container := coreapply.Container().WithName("web").WithImage("nginx")
	configuration := func() *appsapply.DeploymentApplyConfiguration {
		return appsapply.Deployment("web", w.namespace).WithLabels(map[string]string{"tier": "front"}).WithSpec(appsapply.DeploymentSpec().
			WithReplicas(1).WithSelector(metaapply.LabelSelector().WithMatchLabels(labels)).
			WithTemplate(coreapply.PodTemplateSpec().WithLabels(labels).WithSpec(coreapply.PodSpec().WithContainers(container))))
	}
	mine, other := metav1.ApplyOptions{FieldManager: "mine"}, metav1.ApplyOptions{FieldManager: "other"}
	made, err := deployments.Apply(w.ctx, configuration(), mine)
	w.step("apply creates", all(err, same(*made.Spec.Replicas, 1)))
	again, err := deployments.Apply(w.ctx, configuration(), mine)
	w.step("apply twice is apply once", all(err, same(again.ResourceVersion != "", true), same(again.Generation, made.Generation)))
	replicas := appsapply.Deployment("web", w.namespace).WithSpec(appsapply.DeploymentSpec().WithReplicas(3))
	_, err = deployments.Apply(w.ctx, replicas, other)
	w.step("a conflict", refused(err, errors.IsConflict))
	status, is := err.(errors.APIStatus)
	if is {
		cause := status.Status().Details.Causes[0]
		w.step("its cause", same(fmt.Sprint(cause.Type, " ", cause.Field), "FieldManagerConflict .spec.replicas"))
	}
	forced := other
	forced.Force = true
	taken, err := deployments.Apply(w.ctx, replicas, forced)
	w.step("force", all(err, same(*taken.Spec.Replicas, 3)))
	ours, err := appsapply.ExtractDeployment(taken, "mine")
	w.step("extract: replicas are no longer mine", all(err, same(ours.Spec.Replicas == nil, true), same(*ours.Spec.Template.Spec.Containers[0].Image, "nginx"), same(ours.Labels["tier"], "front")))
	ours.Labels = nil
	less, err := deployments.Apply(w.ctx, ours, mine)
	w.step("a dropped label goes", all(err, same(less.Labels["tier"], ""), same(*less.Spec.Replicas, 3)))
	side := appsapply.Deployment("web", w.namespace).WithSpec(appsapply.DeploymentSpec().WithTemplate(coreapply.PodTemplateSpec().WithSpec(
		coreapply.PodSpec().WithContainers(coreapply.Container().WithName("side").WithImage("busybox")))))
	more, err := deployments.Apply(w.ctx, side, metav1.ApplyOptions{FieldManager: "injector"})
	w.step("two appliers, one list", all(err, same(len(more.Spec.Template.Spec.Containers), 2)))
	_, err = deployments.ApplyStatus(w.ctx, appsapply.Deployment("web", w.namespace).WithStatus(appsapply.DeploymentStatus().WithObservedGeneration(0)), metav1.ApplyOptions{FieldManager: "status", Force: true})
	w.step("apply of the status", err)
	_, err = w.typed.CoreV1().ConfigMaps(w.namespace).Apply(w.ctx, coreapply.ConfigMap("c", w.namespace).WithData(map[string]string{"a": "b"}), metav1.ApplyOptions{})
	w.step("no manager", refused(err, errors.IsInvalid))
	named := coreapply.ConfigMap("c", w.namespace).WithData(map[string]string{"a": "b"}).WithUID("00000000-0000-0000-0000-000000000000")
	_, err = w.typed.CoreV1().ConfigMaps(w.namespace).Apply(w.ctx, named, mine)
	w.step("a uid of nothing", refused(err, errors.IsConflict))
	applied, err := w.typed.CoreV1().ConfigMaps(w.namespace).Apply(w.ctx, coreapply.ConfigMap("c", w.namespace).WithData(map[string]string{"a": "b"}), mine)
	w.step("owners are told", all(err, same(managers(applied), "[mine Apply]")))
}

func managers(object *corev1.ConfigMap) []string {
	all := []string{}
	for _, entry := range object.ManagedFields {
		all = append(all, entry.Manager, string(entry.Operation))
	}
	return all
}
