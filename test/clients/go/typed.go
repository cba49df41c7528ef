package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/ptr"
)

// makeNamespace makes the scenario's own namespace.
func (w *world) makeNamespace() {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
	_, err := w.typed.CoreV1().Namespaces().Create(w.ctx, namespace, metav1.CreateOptions{})
	w.step("namespace", err)
}

func deployment(name string, replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Strategy: appsv1.DeploymentStrategy{RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: ptr.To(intstr.FromString("50%"))}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{
					Name: "web", Image: "nginx",
					Ports:     []corev1.ContainerPort{{ContainerPort: 80}},
					Env:       []corev1.EnvVar{{Name: "A", Value: "1"}},
					Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{"cpu": resource.MustParse("0.5")}},
				}}},
			},
		},
	}
}

// typed: the typed client, its bodies in protobuf, and the errors that programs ask for by name.
func typed(w *world) {
	w.makeNamespace()
	maps := w.typed.CoreV1().ConfigMaps(w.namespace)
	given := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"set": "crud"}},
		Data:       map[string]string{"k": "ü\n", "empty": ""},
		BinaryData: map[string][]byte{"bytes": {0, 255, 10}},
	}
	made, err := maps.Create(w.ctx, given, metav1.CreateOptions{})
	w.step("create", all(err, same(made.Data, given.Data), same(made.BinaryData, given.BinaryData)))
	_, err = maps.Create(w.ctx, given, metav1.CreateOptions{})
	w.step("IsAlreadyExists", refused(err, errors.IsAlreadyExists))
	read, err := maps.Get(w.ctx, "a", metav1.GetOptions{})
	w.step("get", all(err, same(read.UID, made.UID)))
	_, err = maps.Get(w.ctx, "none", metav1.GetOptions{})
	w.step("IsNotFound", refused(err, errors.IsNotFound))
	read.Data["k"] = "2"
	changed, err := maps.Update(w.ctx, read, metav1.UpdateOptions{})
	w.step("update", all(err, same(changed.Data["k"], "2")))
	_, err = maps.Update(w.ctx, read, metav1.UpdateOptions{})
	w.step("IsConflict", refused(err, errors.IsConflict))
	tries := 0
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		tries++
		object := read
		if tries > 1 {
			if object, err = maps.Get(w.ctx, "a", metav1.GetOptions{}); err != nil {
				return err
			}
		}
		object.Data["k"] = "3"
		_, err := maps.Update(w.ctx, object, metav1.UpdateOptions{})
		return err
	})
	w.step("RetryOnConflict", all(err, same(tries, 2)))
	err = maps.Delete(w.ctx, "a", metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("other")})
	w.step("delete with a wrong uid", refused(err, errors.IsConflict))
	err = maps.Delete(w.ctx, "a", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &read.UID}})
	_, gone := maps.Get(w.ctx, "a", metav1.GetOptions{})
	w.step("delete", all(err, refused(gone, errors.IsNotFound)))
	typedErrors(w)
	typedLists(w)
	typedKinds(w)
}

func typedErrors(w *world) {
	_, err := w.typed.CoreV1().ConfigMaps(w.namespace).Create(w.ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "A_"}}, metav1.CreateOptions{})
	w.step("IsInvalid", refused(err, errors.IsInvalid))
	status, is := err.(errors.APIStatus)
	if is {
		causes := status.Status().Details.Causes
		w.step("its causes", all(same(len(causes), 1), same(causes[0].Type, metav1.CauseTypeFieldValueInvalid), same(causes[0].Field, "metadata.name")))
	}
	err = w.typed.CoreV1().Namespaces().Delete(w.ctx, "kube-system", metav1.DeleteOptions{})
	w.step("IsForbidden", refused(err, errors.IsForbidden))
	_, err = w.typed.CoreV1().ConfigMaps(w.namespace).List(w.ctx, metav1.ListOptions{LabelSelector: "a in (b"})
	w.step("IsBadRequest", refused(err, errors.IsBadRequest))
	_, err = w.typed.CoreV1().ConfigMaps(w.namespace).List(w.ctx, metav1.ListOptions{Limit: 1, Continue: "x"})
	w.step("a broken continue token", refused(err, errors.IsBadRequest))
	_, err = w.typed.CoreV1().ConfigMaps("go-nowhere").Create(w.ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, metav1.CreateOptions{})
	w.step("no such namespace", refused(err, errors.IsNotFound))
	err = w.typed.CoreV1().RESTClient().Post().AbsPath("/api/v1/nodes/x").Do(w.ctx).Error()
	w.step("IsMethodNotSupported", refused(err, errors.IsMethodNotSupported))
	body := w.typed.CoreV1().RESTClient().Post().AbsPath("/api/v1/namespaces/default/configmaps")
	err = body.SetHeader("Content-Type", "text/plain").Body([]byte("x")).Do(w.ctx).Error()
	w.step("IsUnsupportedMediaType", refused(err, errors.IsUnsupportedMediaType))
	err = w.typed.CoreV1().RESTClient().Get().AbsPath("/api/v1/namespaces/default").SetHeader("Accept", "text/plain").Do(w.ctx).Error()
	w.step("IsNotAcceptable", refused(err, errors.IsNotAcceptable))
	_, err = w.typed.CoreV1().ConfigMaps(w.namespace).Create(w.ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "dry"}}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	_, gone := w.typed.CoreV1().ConfigMaps(w.namespace).Get(w.ctx, "dry", metav1.GetOptions{})
	w.step("dry run", all(err, refused(gone, errors.IsNotFound)))
}

func typedLists(w *world) {
	maps := w.typed.CoreV1().ConfigMaps(w.namespace)
	for i := 0; i < 7; i++ {
		one := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "page-", Labels: map[string]string{"set": "pages"}}}
		if _, err := maps.Create(w.ctx, one, metav1.CreateOptions{}); err != nil {
			w.step("generateName", err)
			return
		}
	}
	pages := 0
	inPages := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		pages++
		return maps.List(ctx, options)
	})
	inPages.PageSize = 3
	names := map[string]bool{}
	err := inPages.EachListItem(w.ctx, metav1.ListOptions{LabelSelector: "set=pages"}, func(object runtime.Object) error {
		names[object.(*corev1.ConfigMap).Name] = true
		return nil
	})
	w.step("pager", all(err, same(len(names), 7), same(pages, 3)))
	list, err := maps.List(w.ctx, metav1.ListOptions{LabelSelector: "set notin (pages),!x", FieldSelector: "metadata.name!=kube-root-ca.crt"})
	w.step("selectors", all(err, same(len(list.Items), 0)))
	err = maps.DeleteCollection(w.ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "set=pages"})
	list, _ = maps.List(w.ctx, metav1.ListOptions{LabelSelector: "set=pages"})
	w.step("delete collection", all(err, same(len(list.Items), 0)))
}

// typedKinds: what protobuf writes in ways of its own: quantities, times, int-or-string, bytes, nested maps.
func typedKinds(w *world) {
	made, err := w.typed.AppsV1().Deployments(w.namespace).Create(w.ctx, deployment("web", 2), metav1.CreateOptions{})
	container := made.Spec.Template.Spec.Containers[0]
	w.step("deployment", all(err, same(container.Resources.Requests.Cpu(), "500m"), same(container.ImagePullPolicy, "Always"),
		same(made.Spec.Strategy.RollingUpdate.MaxSurge.String(), "50%"), same(made.Spec.Strategy.RollingUpdate.MaxUnavailable.String(), "25%")))
	err = w.eventually(func() (bool, error) {
		read, err := w.typed.AppsV1().Deployments(w.namespace).Get(w.ctx, "web", metav1.GetOptions{})
		return err == nil && read.Status.ReadyReplicas == 2, err
	})
	w.step("its status", err)
	secret, err := w.typed.CoreV1().Secrets(w.namespace).Create(w.ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "s"}, StringData: map[string]string{"a": "b"}, Data: map[string][]byte{"c": {1, 2}},
	}, metav1.CreateOptions{})
	w.step("secret", all(err, same(secret.Data, map[string][]byte{"a": []byte("b"), "c": {1, 2}}), same(secret.Type, "Opaque")))
	service, err := w.typed.CoreV1().Services(w.namespace).Create(w.ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{
			{Name: "a", Port: 80, TargetPort: intstr.FromInt32(8080)}, {Name: "b", Port: 81, TargetPort: intstr.FromString("web")}}},
	}, metav1.CreateOptions{})
	w.step("service", all(err, same(service.Spec.Ports[0].TargetPort.IntValue(), 8080), same(service.Spec.Ports[1].TargetPort.StrVal, "web"), same(service.Spec.ClusterIP != "", true)))
	cron, err := w.typed.BatchV1().CronJobs(w.namespace).Create(w.ctx, &batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Name: "c"},
		Spec: batchv1.CronJobSpec{Schedule: "0 0 1 1 *", Suspend: ptr.To(true), JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "c", Image: "busybox"}}}}}}},
	}, metav1.CreateOptions{})
	w.step("cron job", all(err, same(cron.Spec.ConcurrencyPolicy, "Allow"), same(*cron.Spec.SuccessfulJobsHistoryLimit, 3)))
	err = w.typed.AppsV1().Deployments(w.namespace).Delete(w.ctx, "web", metav1.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationForeground)})
	w.step("delete in the foreground", all(err, w.eventually(func() (bool, error) {
		_, err := w.typed.AppsV1().Deployments(w.namespace).Get(w.ctx, "web", metav1.GetOptions{})
		return errors.IsNotFound(err), nil
	})))
	version, err := w.typed.Discovery().ServerVersion()
	w.step("version", all(err, same(version.Major, "1")))
	_, err = w.typed.CoreV1().ConfigMaps(w.namespace).Patch(w.ctx, "none", types.MergePatchType, []byte(fmt.Sprintf("{%q:{}}", "data")), metav1.PatchOptions{})
	w.step("patch of nothing", refused(err, errors.IsNotFound))
}
