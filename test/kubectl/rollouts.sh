# kubectl: 1.35 1.20
# rollout of all three kinds: status, history, undo, restart, pause; and rollouts that do not get on
kubectl apply -f - <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {kubernetes.io/change-cause: the first}}
spec:
  replicas: 2
  progressDeadlineSeconds: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'nginx:1'}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: 'postgres:1'}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: 'fluentd:1'}]}
END
for one in deployment/web statefulset/db daemonset/agent; do kubectl rollout status $one --timeout=60s | tail -1; done
# a second version of each, and what is known of both
kubectl set image deployment/web web=nginx:2
kubectl annotate deployment/web kubernetes.io/change-cause='the second' --overwrite
kubectl set image statefulset/db db=postgres:2
kubectl set image daemonset/agent agent=fluentd:2
for one in deployment/web statefulset/db daemonset/agent; do kubectl rollout status $one --timeout=60s | tail -1; done
kubectl rollout history deployment/web
kubectl rollout history statefulset/db --revision=2
kubectl rollout history daemonset/agent --revision=1
kubectl rollout history daemonset/agent --revision=9
kubectl get controllerrevisions -o custom-columns=OWNER:.metadata.ownerReferences[0].kind,REVISION:.revision --sort-by=.revision --no-headers | sort
# back to the first: it becomes the third
kubectl rollout undo statefulset/db --to-revision=1
kubectl rollout undo daemonset/agent --to-revision=1
kubectl rollout undo deployment/web --to-revision=1 --dry-run=server
kubectl rollout undo deployment/web --to-revision=1
kubectl rollout undo daemonset/agent --to-revision=9
for one in deployment/web statefulset/db daemonset/agent; do kubectl rollout status $one --timeout=60s | tail -1; done
for one in deployment/web statefulset/db daemonset/agent; do kubectl get $one -o jsonpath='{.spec.template.spec.containers[0].image}{"\n"}'; done
kubectl rollout history deployment/web
kubectl get controllerrevisions -o custom-columns=OWNER:.metadata.ownerReferences[0].kind,REVISION:.revision --no-headers | sort
# restart
kubectl rollout restart deployment/web statefulset/db daemonset/agent
for one in deployment/web statefulset/db daemonset/agent; do kubectl rollout status $one --timeout=60s | tail -1; done
kubectl get pods -o jsonpath='{range .items[*]}{.metadata.labels.app} {.metadata.annotations.kubectl\.kubernetes\.io/restartedAt}{"\n"}{end}' | sort
# pause is of deployments only
kubectl rollout pause statefulset/db
kubectl rollout pause deployment/web
kubectl rollout restart deployment/web
kubectl rollout resume deployment/web
kubectl rollout resume deployment/web
# an image that cannot be had: the deadline passes, the old pods stay
kubectl patch deployment web -p '{"spec":{"template":{"metadata":{"annotations":{"hollow.k8ts.io/image-error":"true"}},"spec":{"containers":[{"name":"web","image":"nginx:none"}]}}}}'
kubectl rollout status deployment/web --timeout=60s | tail -1
kubectl get deployment web
kubectl get deployment web -o jsonpath='{range .status.conditions[?(@.type=="Progressing")]}{.status} {.reason}{"\n"}{end}'
kubectl rollout status deployment/web --watch=false
kubectl rollout undo deployment/web
kubectl rollout status deployment/web --timeout=60s | tail -1
# a partition, and pods that are replaced only when they are deleted
kubectl patch statefulset db -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":1}}}}'
kubectl set image statefulset/db db=postgres:3
kubectl rollout status statefulset/db --timeout=60s | tail -1
kubectl get pods -l app=db -o jsonpath='{range .items[*]}{.metadata.name} {.spec.containers[0].image}{"\n"}{end}'
kubectl patch daemonset agent -p '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'
kubectl set image daemonset/agent agent=fluentd:3
kubectl rollout status daemonset/agent
kubectl get pods -l app=agent -o jsonpath='{range .items[*]}{.spec.containers[0].image}{"\n"}{end}'
kubectl delete pods -l app=agent --wait=false | sort
eventually '[ $(kubectl get pods -l app=agent -o yaml | grep -c "image: fluentd:3") -ge 2 ]'
kubectl rollout status replicaset/none
kubectl delete deployment/web statefulset/db daemonset/agent
