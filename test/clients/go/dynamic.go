package main

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/openapi3"
	"k8s.io/client-go/restmapper"
)

func object(fields map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: fields}
}

// dynamicScenario: a definition and its objects through the dynamic client.
func dynamicScenario(w *world) {
	w.makeNamespace()
	client := dynamic.NewForConfigOrDie(w.config)
	definitions := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	text := func(fields map[string]any) map[string]any {
		return map[string]any{"type": "object", "properties": fields}
	}
	_, err := definitions.Create(w.ctx, object(map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "widgets.go.example.com"},
		"spec": map[string]any{
			"group": "go.example.com", "scope": "Namespaced",
			"names": map[string]any{"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList", "shortNames": []any{"wd"}},
			"versions": []any{map[string]any{"name": "v1", "served": true, "storage": true,
				"subresources": map[string]any{"status": map[string]any{}},
				"schema": map[string]any{"openAPIV3Schema": text(map[string]any{
					"spec": text(map[string]any{"size": map[string]any{"type": "integer", "maximum": int64(9)}, "color": map[string]any{"type": "string", "default": "red"},
						"parts": map[string]any{"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": []any{"name"},
							"items": map[string]any{"type": "object", "required": []any{"name"}, "properties": map[string]any{"name": map[string]any{"type": "string"}, "n": map[string]any{"type": "integer"}}}}}),
					"status": text(map[string]any{"ready": map[string]any{"type": "boolean"}})})}}}},
	}), metav1.CreateOptions{})
	w.step("definition", err)
	w.step("established", w.eventually(func() (bool, error) {
		got, err := definitions.Get(w.ctx, "widgets.go.example.com", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		conditions, _, _ := unstructured.NestedSlice(got.Object, "status", "conditions")
		for _, condition := range conditions {
			fields := condition.(map[string]any)
			if fields["type"] == "Established" && fields["status"] == "True" {
				return true, nil
			}
		}
		return false, nil
	}))
	widgets := client.Resource(schema.GroupVersionResource{Group: "go.example.com", Version: "v1", Resource: "widgets"}).Namespace(w.namespace)
	widget := func(name string, spec map[string]any) *unstructured.Unstructured {
		return object(map[string]any{"apiVersion": "go.example.com/v1", "kind": "Widget", "metadata": map[string]any{"name": name}, "spec": spec})
	}
	made, err := widgets.Create(w.ctx, widget("a", map[string]any{"size": int64(3)}), metav1.CreateOptions{})
	if !w.step("create", err) {
		return
	}
	color, _, _ := unstructured.NestedString(made.Object, "spec", "color")
	w.step("defaults", same(color, "red"))
	_, err = widgets.Create(w.ctx, widget("b", map[string]any{"size": int64(10)}), metav1.CreateOptions{})
	w.step("IsInvalid", refused(err, errors.IsInvalid))
	_, err = widgets.Create(w.ctx, widget("b", map[string]any{"sise": int64(1)}), metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	w.step("strict", refused(err, errors.IsBadRequest))
	events, err := widgets.Watch(w.ctx, metav1.ListOptions{ResourceVersion: made.GetResourceVersion()})
	w.step("watch", err)
	changed, err := widgets.Patch(w.ctx, "a", types.MergePatchType, []byte(`{"spec":{"size":4}}`), metav1.PatchOptions{})
	size, _, _ := unstructured.NestedInt64(changed.Object, "spec", "size")
	w.step("patch", all(err, same(size, 4), same(changed.GetGeneration(), 2)))
	unstructured.SetNestedField(changed.Object, true, "status", "ready")
	updated, err := widgets.UpdateStatus(w.ctx, changed, metav1.UpdateOptions{})
	w.step("status", all(err, same(updated.GetGeneration(), 2)))
	_, err = widgets.Patch(w.ctx, "a", types.StrategicMergePatchType, []byte(`{}`), metav1.PatchOptions{})
	w.step("no strategic patch", refused(err, errors.IsUnsupportedMediaType))
	part := func(name string) map[string]any {
		return map[string]any{"parts": []any{map[string]any{"name": name, "n": int64(1)}}}
	}
	_, err = widgets.Apply(w.ctx, "a", widget("a", part("one")), metav1.ApplyOptions{FieldManager: "one"})
	applied, err2 := widgets.Apply(w.ctx, "a", widget("a", part("two")), metav1.ApplyOptions{FieldManager: "two"})
	w.step("apply", all(err, err2))
	if err2 == nil {
		parts, _, _ := unstructured.NestedSlice(applied.Object, "spec", "parts")
		w.step("two appliers, one list", same(len(parts), 2))
	}
	list, err := widgets.List(w.ctx, metav1.ListOptions{Limit: 1})
	w.step("list", all(err, same(list.GetKind(), "WidgetList"), same(len(list.Items), 1)))
	w.step("delete", widgets.Delete(w.ctx, "a", metav1.DeleteOptions{}))
	lines := []string{}
	for len(lines) < 5 {
		select {
		case event := <-events.ResultChan():
			lines = append(lines, string(event.Type))
		case <-time.After(20 * time.Second):
			lines = append(lines, "nothing more", "", "", "", "")
		}
	}
	w.step("events", same(lines, "[MODIFIED MODIFIED MODIFIED MODIFIED DELETED]"))
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(w.typed.Discovery()))
	mapping, err := mapper.RESTMapping(schema.GroupKind{Group: "go.example.com", Kind: "Widget"})
	w.step("the mapper knows it", all(err, same(mapping.Resource.Resource, "widgets"), same(mapping.Scope.Name(), meta.RESTScopeNameNamespace)))
	w.step("definition deleted", definitions.Delete(w.ctx, "widgets.go.example.com", metav1.DeleteOptions{}))
	w.step("its objects are gone", w.eventually(func() (bool, error) {
		_, err := widgets.List(w.ctx, metav1.ListOptions{})
		return errors.IsNotFound(err), nil
	}))
}

// discoveryScenario: what a client learns of the server.
func discoveryScenario(w *world) {
	found := w.typed.Discovery()
	_, lists, err := found.ServerGroupsAndResources()
	w.step("groups and resources", all(err, same(len(lists) > 20, true)))
	preferred, err := discovery.ServerPreferredNamespacedResources(found)
	w.step("preferred namespaced resources", all(err, same(len(preferred) > 10, true)))
	deletable := discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"create", "delete", "list", "watch"}}, preferred)
	resources, err := discovery.GroupVersionResources(deletable)
	_, pods := resources[schema.GroupVersionResource{Version: "v1", Resource: "pods"}]
	_, reviews := resources[schema.GroupVersionResource{Group: "authorization.k8s.io", Version: "v1", Resource: "localsubjectaccessreviews"}]
	w.step("verbs", all(err, same(pods, true), same(reviews, false)))
	legacy := found.WithLegacy()
	_, plain, err := legacy.ServerGroupsAndResources()
	w.step("plain discovery agrees", all(err, same(len(plain), len(lists))))
	cached := memory.NewMemCacheClient(found)
	deferred := restmapper.NewDeferredDiscoveryRESTMapper(cached)
	mapper := restmapper.NewShortcutExpander(deferred, cached, nil)
	var short error
	for name, want := range map[string]string{"deploy": "apps/v1, Resource=deployments", "po": "/v1, Resource=pods", "netpol": "networking.k8s.io/v1, Resource=networkpolicies",
		"pod": "/v1, Resource=pods", "services": "/v1, Resource=services", "crd": "apiextensions.k8s.io/v1, Resource=customresourcedefinitions"} {
		got, err := mapper.ResourceFor(schema.GroupVersionResource{Resource: name})
		short = all(short, err, same(got, want))
	}
	w.step("short names", short)
	kind, err := mapper.KindFor(schema.GroupVersionResource{Group: "autoscaling", Resource: "horizontalpodautoscalers"})
	w.step("kind of a resource", all(err, same(kind, "autoscaling/v2, Kind=HorizontalPodAutoscaler")))
	_, err = mapper.RESTMapping(schema.GroupKind{Group: "none.example.com", Kind: "None"})
	w.step("no match", refused(err, meta.IsNoMatchError))
	info, err := found.ServerVersion()
	w.step("version", all(err, same(version.CompareKubeAwareVersionStrings(fmt.Sprintf("v%s", info.Major), "v1"), 0)))
	root := openapi3.NewRoot(found.OpenAPIV3())
	document, err := root.GVSpec(schema.GroupVersion{Group: "apps", Version: "v1"})
	if w.step("OpenAPI v3", err) {
		_, has := document.Components.Schemas["io.k8s.api.apps.v1.Deployment"]
		w.step("has deployments", same(has, true))
	}
	swagger, err := found.OpenAPISchema()
	w.step("OpenAPI v2 in protobuf", err)
	if err == nil {
		w.step("has definitions", same(len(swagger.Definitions.AdditionalProperties) > 500, true))
	}
}
