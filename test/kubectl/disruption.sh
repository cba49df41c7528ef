# drain and disruption budgets
kubectl cordon node-1
kubectl create deployment web --image=nginx --replicas=3
kubectl rollout status deployment/web --timeout=60s
kubectl create poddisruptionbudget web --selector=app=web --min-available=3
eventually 'kubectl get pdb web -o jsonpath={.status.currentHealthy} | grep 3'
kubectl get pdb
# nothing may go: drain tries until its time is over
kubectl drain node-2 --pod-selector=app=web --timeout=7s 2>&1 | grep -v '^evicting pod' | sort -u
kubectl get nodes
kubectl get pods -l app=web -o name | wc -l
# one may go at a time
kubectl uncordon node-1
kubectl patch pdb web --type=merge -p '{"spec":{"minAvailable":2}}'
kubectl drain node-2 --pod-selector=app=web --timeout=60s > drained.out 2>&1; tail -1 drained.out
kubectl get pods -l app=web --field-selector spec.nodeName=node-2
kubectl rollout status deployment/web --timeout=60s | tail -1
eventually 'kubectl get pdb web -o jsonpath={.status.currentHealthy} | grep 3'
kubectl get pdb web -o jsonpath='{.status.currentHealthy} {.status.desiredHealthy} {.status.disruptionsAllowed} {.status.expectedPods}{"\n"}'
kubectl get pdb web -o jsonpath='{range .status.conditions[*]}{.type} {.status} {.reason}{"\n"}{end}'
# a budget of percent; two budgets of one pod; drain past budgets
kubectl create poddisruptionbudget all --selector=app=web --max-unavailable=0%
eventually 'kubectl get pdb all -o jsonpath={.status.currentHealthy} | grep 3'
kubectl get pdb
kubectl drain node-1 --pod-selector=app=web --timeout=2s 2>&1 | grep -v '^evicting pod' | sort -u
kubectl drain node-1 --pod-selector=app=web --dry-run=server 2>&1 | grep -v '^evicting pod' | sort -u
kubectl uncordon node-2
kubectl drain node-1 --pod-selector=app=web --disable-eviction --timeout=60s > drained.out 2>&1; tail -1 drained.out
kubectl uncordon node-1
kubectl rollout status deployment/web --timeout=60s | tail -1
kubectl delete pdb --all
kubectl delete deployment web
# local data is lost by a drain: it must be allowed
kubectl apply -f - <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: scratch}
spec:
  selector: {matchLabels: {app: scratch}}
  template:
    metadata: {labels: {app: scratch}}
    spec:
      nodeSelector: {kubernetes.io/hostname: node-1}
      volumes: [{name: tmp, emptyDir: {}}]
      containers: [{name: c, image: busybox, volumeMounts: [{name: tmp, mountPath: /tmp}]}]
END
kubectl rollout status deployment/scratch --timeout=60s | tail -1
kubectl drain node-1 --pod-selector=app=scratch
kubectl drain node-1 --pod-selector=app=scratch --delete-emptydir-data --timeout=60s > drained.out 2>&1; tail -1 drained.out
kubectl get pods -l app=scratch
kubectl uncordon node-1
kubectl delete deployment scratch
