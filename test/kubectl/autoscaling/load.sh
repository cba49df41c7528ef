# kubectl: 1.35 1.20
# a load comes and goes: the deployment is scaled to the maximum and back
kubectl apply -f - <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations: {hollow.k8ts.io/cpu-usage: 50m}
    spec:
      containers:
      - {name: web, image: nginx, resources: {requests: {cpu: 100m, memory: 64Mi}}}
END
kubectl rollout status deployment web --timeout=60s
eventually 'kubectl top pods -l app=web --no-headers | grep 50m'
kubectl autoscale deployment web --min=1 --max=3 --cpu-percent=50
eventually 'kubectl get hpa web | grep 50%/50%'
kubectl get hpa
kubectl annotate pods -l app=web --overwrite hollow.k8ts.io/cpu-usage=500m
eventually '[ "$(kubectl get deployment web -o jsonpath={.spec.replicas})" = 3 ]'
kubectl rollout status deployment web --timeout=60s
eventually 'kubectl top pods -l app=web --no-headers | grep -c 50m | grep 2'
kubectl annotate pods -l app=web --overwrite hollow.k8ts.io/cpu-usage=80m | sort
eventually 'kubectl get hpa web | grep 80%/50%'
eventually 'kubectl get hpa web -o yaml | grep ReadyForNewScale'
kubectl get hpa web
kubectl describe hpa web
kubectl annotate pods -l app=web --overwrite hollow.k8ts.io/cpu-usage=5m | sort
eventually '[ "$(kubectl get deployment web -o jsonpath={.spec.replicas})" = 1 ]'
eventually '[ "$(kubectl get hpa web -o jsonpath={.status.currentReplicas})" = 1 ]'
kubectl get hpa web
kubectl get events --field-selector involvedObject.name=web,reason=SuccessfulRescale -o jsonpath='{range .items[*]}{.type} {.message} {.source.component}{"\n"}{end}'
# what the older version tells in annotations
kubectl get horizontalpodautoscalers.v1.autoscaling web -o jsonpath='{.status.currentCPUUtilizationPercentage} {.spec.targetCPUUtilizationPercentage}{"\n"}'
kubectl get horizontalpodautoscalers.v1.autoscaling web -o jsonpath='{.metadata.annotations.autoscaling\.alpha\.kubernetes\.io/current-metrics}{"\n"}'
# a target at zero is left alone
kubectl scale deployment web --replicas=0
eventually 'kubectl get hpa web -o yaml | grep ScalingDisabled'
kubectl get hpa web -o jsonpath='{range .status.conditions[*]}{.type} {.status} {.reason}: {.message}{"\n"}{end}'
kubectl delete hpa web
kubectl delete deployment web
