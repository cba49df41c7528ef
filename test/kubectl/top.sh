# kubectl: 1.35 1.20
# metrics.k8s.io out of what kubelets say: kubectl top; and logs of simulated containers
kubectl get --raw /apis/metrics.k8s.io/v1beta1
kubectl top pods
kubectl apply -f - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
  annotations:
    hollow.k8ts.io/cpu-usage: 250m
    hollow.k8ts.io/memory-usage.side: 100Mi
    hollow.k8ts.io/log.web: |
      one
      two
      three
spec:
  containers:
  - {name: web, image: nginx, resources: {requests: {cpu: 100m, memory: 64Mi}}}
  - {name: side, image: busybox}
---
apiVersion: v1
kind: Pod
metadata: {name: idle, labels: {app: idle}}
spec:
  containers:
  - {name: only, image: nginx, resources: {requests: {cpu: 500m, memory: 1Gi}}}
EOF
kubectl wait --for=condition=Ready pod --all | sort
eventually 'test "$(kubectl get pods.metrics.k8s.io -o name | wc -l)" = 2'
kubectl top pods
kubectl top pods --no-headers
kubectl top pods --containers
kubectl top pods --sort-by=cpu
kubectl top pods --sort-by=memory
kubectl top pods --sort-by=age
kubectl top pods -l app=idle
kubectl top pods -l app=nobody
kubectl top pod web
kubectl top pod nobody
kubectl top pod web idle
kubectl top pods -A | grep -w -e NAMESPACE -e $NS
kubectl get pods.metrics.k8s.io
kubectl get podmetrics web -o jsonpath='{range .containers[*]}{.name} {.usage.cpu} {.usage.memory}{"\n"}{end}'
kubectl get podmetrics nobody
kubectl top nodes --sort-by=cpu | sed -n 1p
kubectl top nodes --no-headers | wc -l
kubectl top node node-1 --no-headers | awk '{print $1, NF}'
kubectl top node nowhere
kubectl get nodes.metrics.k8s.io node-1 -o jsonpath='{.kind} {.metadata.name} {.window}{"\n"}'
kubectl annotate pod web --overwrite hollow.k8ts.io/cpu-usage=1500m
eventually 'kubectl top pod web | grep 3000m'
kubectl top pod web
kubectl get --raw /api/v1/nodes/node-1/proxy/healthz
kubectl logs web -c web
kubectl logs web -c web --tail=2
kubectl logs web -c web --limit-bytes=5
kubectl logs web -c side
kubectl logs web -c nothing
kubectl logs idle
kubectl logs idle --previous
kubectl delete pods --all --wait=false | sort
