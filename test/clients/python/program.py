"""A program on Debian's python3-kubernetes: each step prints "ok NAME" or "not ok NAME: why"; KUBECONFIG names the cluster."""
import json
import sys
import threading
import time
import traceback

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException

NAMESPACE = "python"
failed = False


def step(name, body):
    """Runs one step; the program goes on when it fails, since later steps may tell more."""
    global failed
    try:
        result = body()
        print("ok " + name, flush=True)
        return result
    except Exception as error:  # what a step throws is what the test wants to see
        failed = True
        print("not ok %s: %s" % (name, " ".join(str(error).split())), flush=True)
        traceback.print_exc()
        return None


def same(got, want):
    assert got == want, "got %r, want %r" % (got, want)


def refused(status, reason, body):
    """The Status of a refusal."""
    try:
        body()
    except ApiException as error:
        told = json.loads(error.body)
        same((error.status, told["kind"], told["status"], told["reason"], told["code"]), (status, "Status", "Failure", reason, status))
        return told
    raise AssertionError("was not refused")


def eventually(ask):
    end = time.monotonic() + 30
    while not ask():
        assert time.monotonic() < end, "not within 30 s"
        time.sleep(0.1)


def config_map(name, data=None, labels=None):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels=labels), data=data)


def deployment(name, replicas):
    container = client.V1Container(
        name="web", image="nginx", ports=[client.V1ContainerPort(container_port=80)],
        resources=client.V1ResourceRequirements(requests={"cpu": "0.5", "memory": "64Mi"}))
    labels = {"app": name}
    return client.V1Deployment(
        metadata=client.V1ObjectMeta(name=name),
        spec=client.V1DeploymentSpec(
            replicas=replicas, selector=client.V1LabelSelector(match_labels=labels),
            template=client.V1PodTemplateSpec(metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container]))))


def typed(core):
    def create():
        made = core.create_namespaced_config_map(NAMESPACE, config_map("a", {"k": "ü"}, {"set": "crud"}))
        same(made.data, {"k": "ü"})
        same(made.metadata.creation_timestamp.tzinfo is not None, True)
    step("create", create)

    def replace():
        read = core.read_namespaced_config_map("a", NAMESPACE)
        read.data["k"] = "2"
        same(core.replace_namespaced_config_map("a", NAMESPACE, read).data, {"k": "2"})
        refused(409, "Conflict", lambda: core.replace_namespaced_config_map("a", NAMESPACE, read))
    step("replace, and a conflict", replace)

    def pages():
        for name in ("p1", "p2", "p3"):
            core.create_namespaced_config_map(NAMESPACE, config_map(name, labels={"set": "pages"}))
        first = core.list_namespaced_config_map(NAMESPACE, label_selector="set=pages", limit=2)
        same((len(first.items), first.metadata.remaining_item_count), (2, None))
        rest = core.list_namespaced_config_map(NAMESPACE, label_selector="set=pages", limit=2, _continue=first.metadata._continue)
        same([item.metadata.name for item in first.items + rest.items], ["p1", "p2", "p3"])
        refused(400, "BadRequest", lambda: core.list_namespaced_config_map(NAMESPACE, _continue="x"))
    step("pages", pages)

    def patches():
        same(core.patch_namespaced_config_map("a", NAMESPACE, {"data": {"k": None, "m": "1"}}).data, {"m": "1"})
        same(core.patch_namespaced_config_map("a", NAMESPACE, [{"op": "add", "path": "/data/j", "value": "2"}]).data, {"j": "2", "m": "1"})
        refused(422, "Invalid", lambda: core.patch_namespaced_config_map("a", NAMESPACE, [{"op": "remove", "path": "/data/none"}]))
    step("patches", patches)

    def options():
        core.create_namespaced_config_map(NAMESPACE, config_map("dry"), dry_run="All")
        refused(404, "NotFound", lambda: core.read_namespaced_config_map("dry", NAMESPACE))
        status = core.delete_collection_namespaced_config_map(NAMESPACE, label_selector="set=pages")
        same(core.list_namespaced_config_map(NAMESPACE, label_selector="set=pages").items, [])
        same(status is not None, True)
    step("dry run, delete collection", options)

    def secret():
        made = core.create_namespaced_secret(NAMESPACE, client.V1Secret(metadata=client.V1ObjectMeta(name="s"), string_data={"a": "b"}))
        same((made.data, made.type, made.string_data), ({"a": "Yg=="}, "Opaque", None))
    step("secret", secret)

    def pretty():
        text = core.read_namespaced_config_map("a", NAMESPACE, pretty="true", _preload_content=False).data.decode()
        same(json.loads(text)["kind"], "ConfigMap")
        same("\n" in text, True)
    step("pretty", pretty)

    def delete():
        status = core.delete_namespaced_config_map("a", NAMESPACE)
        same((status.status, status.details.name, status.details.kind), ("Success", "a", "configmaps"))
        refused(404, "NotFound", lambda: core.delete_namespaced_config_map("a", NAMESPACE))
    step("delete", delete)


def errors(core):
    def not_found():
        told = refused(404, "NotFound", lambda: core.read_namespaced_pod("none", NAMESPACE))
        same((told["message"], told["details"]), ('pods "none" not found', {"name": "none", "kind": "pods"}))
    step("error: not found", not_found)

    def exists():
        told = refused(409, "AlreadyExists", lambda: core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name="default"))))
        same(told["message"], 'namespaces "default" already exists')
    step("error: already exists", exists)

    def invalid():
        told = refused(422, "Invalid", lambda: core.create_namespaced_config_map(NAMESPACE, config_map("A_")))
        same([(cause["reason"], cause["field"]) for cause in told["details"]["causes"]], [("FieldValueInvalid", "metadata.name")])
    step("error: invalid", invalid)

    def forbidden():
        refused(403, "Forbidden", lambda: core.delete_namespace("kube-system"))
    step("error: forbidden", forbidden)

    def selector():
        refused(400, "BadRequest", lambda: core.list_namespaced_pod(NAMESPACE, label_selector="a in"))
        refused(400, "BadRequest", lambda: core.list_namespaced_pod(NAMESPACE, field_selector="spec.none=1"))
    step("error: selectors", selector)


def workloads(core, apps):
    step("deployment", lambda: apps.create_namespaced_deployment(NAMESPACE, deployment("web", 2)))
    step("its status", lambda: eventually(lambda: apps.read_namespaced_deployment_status("web", NAMESPACE).status.ready_replicas == 2))

    def scale():
        current = apps.read_namespaced_deployment_scale("web", NAMESPACE)
        same((current.spec.replicas, current.status.selector), (2, "app=web"))
        same(apps.patch_namespaced_deployment_scale("web", NAMESPACE, {"spec": {"replicas": 1}}).spec.replicas, 1)
        eventually(lambda: len(core.list_namespaced_pod(NAMESPACE, label_selector="app=web").items) == 1)
    step("scale", scale)

    def pod():
        [one] = core.list_namespaced_pod(NAMESPACE, label_selector="app=web").items
        same(one.spec.containers[0].resources.requests, {"cpu": "500m", "memory": "64Mi"})
        same((one.metadata.owner_references[0].kind, one.status.phase), ("ReplicaSet", "Running"))
        same(isinstance(core.read_namespaced_pod_log(one.metadata.name, NAMESPACE), str), True)
        eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name=one.metadata.name))
        core.create_namespaced_pod_eviction(one.metadata.name, NAMESPACE, eviction)
    step("a pod, its log, its eviction", pod)

    def cascade():
        apps.delete_namespaced_deployment("web", NAMESPACE, body=client.V1DeleteOptions(propagation_policy="Foreground"))
        eventually(lambda: core.list_namespaced_pod(NAMESPACE, label_selector="app=web").items == [])
    step("delete in the foreground", cascade)

    def yaml():
        made = utils.create_from_dict(client.ApiClient(), {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {
            "suspend": True, "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox"}]}}}}, namespace=NAMESPACE)
        same(made[0].spec.parallelism, 1)
    step("create_from_dict", yaml)


def watches(core):
    labels = {"set": "watch"}

    def events():
        start = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version

        def write():
            core.create_namespaced_config_map(NAMESPACE, config_map("w", {"k": "1"}, labels))
            core.patch_namespaced_config_map("w", NAMESPACE, {"data": {"k": "2"}})
            core.delete_namespaced_config_map("w", NAMESPACE)
        writer = threading.Thread(target=write)
        writer.start()
        stream, seen = watch.Watch(), []
        for event in stream.stream(core.list_namespaced_config_map, NAMESPACE, resource_version=start, label_selector="set=watch", timeout_seconds=30):
            seen.append((event["type"], event["object"].data["k"], event["raw_object"]["kind"]))
            if len(seen) == 3:
                stream.stop()
        writer.join()
        same(seen, [("ADDED", "1", "ConfigMap"), ("MODIFIED", "2", "ConfigMap"), ("DELETED", "2", "ConfigMap")])
    step("watch", events)

    def ended():
        same([event["object"].metadata.name for event in watch.Watch().stream(core.list_namespace, field_selector="metadata.name=default", timeout_seconds=1)], ["default"])
    step("a watch ends by its time", ended)


def dynamic_client():
    kinds = step("discovery", lambda: dynamic.DynamicClient(client.ApiClient()))
    if kinds is None:
        return

    def crud():
        maps = kinds.resources.get(api_version="v1", kind="ConfigMap")
        made = maps.create(body={"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "d"}, "data": {"k": "1"}}, namespace=NAMESPACE)
        same(made.data.k, "1")
        same(maps.patch(body={"data": {"k": "2"}}, name="d", namespace=NAMESPACE, content_type="application/merge-patch+json").data.k, "2")
        same("d" in [item.metadata.name for item in maps.get(namespace=NAMESPACE).items], True)
        maps.delete(name="d", namespace=NAMESPACE)
        try:
            maps.get(name="d", namespace=NAMESPACE)
        except dynamic.exceptions.NotFoundError:
            return
        raise AssertionError("was not deleted")
    step("dynamic: create, patch, list, delete", crud)

    def preferred():
        same(kinds.resources.get(kind="Deployment", api_version="apps/v1").name, "deployments")
        found = kinds.resources.search(short_names=["netpol"])
        same([(one.group, one.kind) for one in found if one.kind == "NetworkPolicy"], [("networking.k8s.io", "NetworkPolicy")])
        try:
            kinds.resources.get(api_version="none.example.com/v1", kind="None")
        except dynamic.exceptions.ResourceNotFoundError:
            return
        raise AssertionError("found")
    step("dynamic: kinds by name", preferred)

    def custom():
        definitions = kinds.resources.get(api_version="apiextensions.k8s.io/v1", kind="CustomResourceDefinition")
        schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
        definitions.create(body={
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "gadgets.python.example.com"},
            "spec": {"group": "python.example.com", "scope": "Namespaced", "names": {"plural": "gadgets", "kind": "Gadget"},
                     "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]}})
        eventually(lambda: any(c.type == "Established" and c.status == "True" for c in definitions.get(name="gadgets.python.example.com").status.conditions or []))
        api = client.CustomObjectsApi()
        body = {"apiVersion": "python.example.com/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"size": 1}}
        same(api.create_namespaced_custom_object("python.example.com", "v1", NAMESPACE, "gadgets", body)["spec"], {"size": 1})
        kinds.resources.invalidate_cache()
        gadgets = kinds.resources.get(api_version="python.example.com/v1", kind="Gadget")
        same(gadgets.get(name="g", namespace=NAMESPACE).spec.size, 1)
        for event in gadgets.watch(namespace=NAMESPACE, timeout=5):
            same((event["type"], event["object"].metadata.name), ("ADDED", "g"))
            break
        definitions.delete(name="gadgets.python.example.com")
    step("dynamic: a custom kind", custom)


def about():
    def version():
        same(client.VersionApi().get_code().major, "1")
        same("apps" in [group.name for group in client.ApisApi().get_api_versions().groups], True)
        same("pods" in [one.name for one in client.CoreV1Api().get_api_resources().resources], True)
    step("version, groups, resources", version)

    def review():
        attributes = client.V1ResourceAttributes(verb="list", resource="pods", namespace=NAMESPACE)
        body = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes))
        same(client.AuthorizationV1Api().create_self_subject_access_review(body).status.allowed, True)
    step("access review", review)


def main():
    config.load_kube_config()
    core, apps = client.CoreV1Api(), client.AppsV1Api()
    step("namespace", lambda: core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE))))
    step("its service account", lambda: eventually(lambda: core.list_namespaced_service_account(NAMESPACE).items != []))
    typed(core)
    errors(core)
    workloads(core, apps)
    watches(core)
    dynamic_client()
    about()
    step("namespace deleted", lambda: core.delete_namespace(NAMESPACE))
    sys.exit(1 if failed else 0)


main()
