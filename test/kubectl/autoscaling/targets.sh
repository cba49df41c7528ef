# targets: of any kind with a scale; absent, without scale, or shared
kubectl apply -f - <<'END'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: herds.autoscaling.k8ts.example}
spec:
  group: autoscaling.k8ts.example
  scope: Namespaced
  names: {kind: Herd, plural: herds, singular: herd}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.sheep, statusReplicasPath: .status.sheep, labelSelectorPath: .status.selector}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {sheep: {type: integer}}}
          status: {type: object, properties: {sheep: {type: integer}, selector: {type: string}}}
END
kubectl wait --for=condition=Established crd herds.autoscaling.k8ts.example
kubectl apply -f - <<'END'
apiVersion: autoscaling.k8ts.example/v1
kind: Herd
metadata: {name: flock}
spec: {sheep: 12}
---
apiVersion: v1
kind: Pod
metadata: {name: dolly, labels: {kind: sheep}, annotations: {hollow.k8ts.io/cpu-usage: 100m}}
spec:
  containers: [{name: wool, image: busybox, resources: {requests: {cpu: 100m}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: flock}
spec:
  scaleTargetRef: {apiVersion: autoscaling.k8ts.example/v1, kind: Herd, name: flock}
  minReplicas: 2
  maxReplicas: 9
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: absent}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: absent}
  maxReplicas: 9
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: daemons}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: DaemonSet, name: daemons}
  maxReplicas: 9
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: unknown}
spec:
  scaleTargetRef: {apiVersion: example.com/v1, kind: Unknown, name: unknown}
  maxReplicas: 9
END
eventually '[ "$(kubectl get herd flock -o jsonpath={.spec.sheep})" = 9 ]'
eventually 'kubectl get hpa flock -o yaml | grep InvalidSelector'
kubectl get hpa flock -o jsonpath='{range .status.conditions[*]}{.type} {.status} {.reason}: {.message}{"\n"}{end}'
kubectl patch herd flock --subresource=status --type=merge -p '{"status":{"sheep":1,"selector":"kind=sheep"}}'
eventually '[ "$(kubectl get herd flock -o jsonpath={.spec.sheep})" = 2 ]'
eventually '[ "$(kubectl get hpa flock -o jsonpath={.status.currentReplicas})" = 2 ]'
kubectl get hpa flock
eventually 'test $(kubectl get hpa -o yaml | grep -c "reason: FailedGetScale") = 3'
for name in absent daemons unknown; do kubectl get hpa $name -o jsonpath='{range .status.conditions[*]}{.type} {.status} {.reason}: {.message}{"\n"}{end}'; done
kubectl get hpa absent
# two autoscalers of the same pods: neither acts
kubectl apply -f - <<'END'
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: rival}
spec:
  scaleTargetRef: {apiVersion: autoscaling.k8ts.example/v1, kind: Herd, name: flock}
  minReplicas: 2
  maxReplicas: 9
END
eventually 'test $(kubectl get hpa -o yaml | grep -c "reason: AmbiguousSelector") = 2'
kubectl describe hpa rival | grep -e ScalingActive
kubectl delete hpa --all
kubectl delete crd herds.autoscaling.k8ts.example
