# every file of examples/: applies, applies again unchanged, what has a controller runs, all goes away
kubectl apply --server-side -f $EXAMPLES/guestbook.yaml
kubectl -n guestbook rollout status deployment/frontend --timeout=60s
kubectl -n guestbook rollout status deployment/redis-follower --timeout=60s
eventually '[ $(kubectl -n guestbook get ep frontend -o yaml | grep -cw ip:) = 3 ]'
kubectl -n guestbook get deploy,pod,svc
kubectl apply --server-side -f $EXAMPLES/guestbook.yaml
kubectl diff --server-side -f $EXAMPLES/guestbook.yaml
kubectl apply -f $EXAMPLES/web.yaml
kubectl apply -f $EXAMPLES/web.yaml
kubectl rollout status deployment/web --timeout=60s
kubectl describe ingress web | grep -A3 Host
kubectl apply -f $EXAMPLES/database.yaml -f $EXAMPLES/node-agent.yaml -f $EXAMPLES/batch.yaml
kubectl apply -f $EXAMPLES/database.yaml -f $EXAMPLES/node-agent.yaml -f $EXAMPLES/batch.yaml
kubectl rollout status statefulset/db --timeout=60s | tail -1
kubectl get storageclass
kubectl get pvc -o custom-columns=NAME:.metadata.name,STATUS:.status.phase,CLASS:.spec.storageClassName
kubectl delete -f $EXAMPLES/web.yaml -f $EXAMPLES/database.yaml -f $EXAMPLES/node-agent.yaml -f $EXAMPLES/batch.yaml
kubectl delete -f $EXAMPLES/guestbook.yaml --timeout=60s
