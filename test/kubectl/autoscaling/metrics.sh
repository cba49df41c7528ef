# metrics of several sources, and those that nobody serves
kubectl apply -f - <<'END'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata:
      labels: {app: db}
      annotations:
        hollow.k8ts.io/memory-usage: 150Mi
        hollow.k8ts.io/cpu-usage.db: 90m
        hollow.k8ts.io/cpu-usage.side: 10m
    spec:
      containers:
      - {name: db, image: postgres, resources: {requests: {cpu: 100m, memory: 100Mi}}}
      - {name: side, image: busybox, resources: {requests: {cpu: 100m, memory: 100Mi}}}
END
kubectl rollout status statefulset db --timeout=60s
eventually 'kubectl top pods -l app=db --no-headers | grep 100m'
kubectl apply -f - <<'END'
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: db}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}
  maxReplicas: 2
  metrics:
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 400Mi}}}
  - {type: ContainerResource, containerResource: {name: cpu, container: db, target: {type: Utilization, averageUtilization: 60}}}
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 90}}}
  behavior:
    scaleDown: {selectPolicy: Disabled}
END
eventually '[ "$(kubectl get statefulset db -o jsonpath={.status.readyReplicas})" = 2 ]'
eventually 'kubectl get hpa db -o jsonpath={.status.currentReplicas} | grep 2'
eventually 'kubectl get hpa db -o jsonpath="{.status.conditions[*].reason}" | grep "ReadyForNewScale.*TooManyReplicas"'
eventually 'kubectl get hpa db -o jsonpath={.status.currentMetrics[0].resource.current.averageValue} | grep 300Mi'
kubectl wait --for=condition=ScalingActive hpa/db --timeout=5s
kubectl wait --for=condition=ScalingLimited=True --for=jsonpath='{.status.desiredReplicas}'=2 hpa/db --timeout=5s
kubectl get hpa db
kubectl describe hpa db
kubectl get events --field-selector involvedObject.name=db,reason=SuccessfulRescale -o jsonpath='{range .items[*]}{.type} {.message}{"\n"}{end}'
# no adapter serves these
kubectl apply -f - <<'END'
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: db}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}
  maxReplicas: 2
  metrics:
  - type: External
    external: {metric: {name: queue, selector: {matchLabels: {name: mails}}}, target: {type: AverageValue, averageValue: "30"}}
  - type: Object
    object: {metric: {name: hits}, describedObject: {apiVersion: v1, kind: Service, name: db}, target: {type: Value, value: 10k}}
  - type: Pods
    pods: {metric: {name: transactions}, target: {type: AverageValue, averageValue: 1k}}
END
eventually 'kubectl get hpa db -o yaml | grep FailedGetExternalMetric'
kubectl get hpa db
kubectl describe hpa db | grep -e Conditions -e ScalingActive -e '( current'
eventually '[ $(kubectl get events --field-selector involvedObject.name=db,type=Warning -o name | wc -l) = 4 ]'
kubectl get events --field-selector involvedObject.name=db,type=Warning -o jsonpath='{range .items[*]}{.reason}: {.message}{"\n"}{end}' | sort
kubectl delete hpa db
kubectl delete statefulset db
