# delete: background, foreground, orphan; by file, selector, all
kubectl create deployment bg --image=nginx --replicas=2
kubectl rollout status deployment/bg --timeout=60s
kubectl delete deployment bg --cascade=background
kubectl wait --for=delete rs,pod -l app=bg --timeout=60s > gone.out 2>&1 || true
kubectl get all
kubectl create deployment fg --image=nginx --replicas=2
kubectl rollout status deployment/fg --timeout=60s
kubectl delete deployment fg --cascade=foreground --timeout=60s
kubectl get all
kubectl create deployment keep --image=nginx --replicas=2
kubectl rollout status deployment/keep --timeout=60s
kubectl delete deployment keep --cascade=orphan
kubectl get rs
kubectl get rs -o jsonpath='{.items[0].metadata.ownerReferences}{"\n"}'
kubectl delete rs -l app=keep --cascade=orphan
kubectl get pods --no-headers | wc -l
kubectl delete pods --all
kubectl get pods
kubectl create cm a
kubectl create cm b
kubectl label cm a b gone=yes
kubectl delete cm -l gone=yes
kubectl delete cm none
kubectl delete cm none --ignore-not-found
kubectl delete cm kube-root-ca.crt --dry-run=server
kubectl delete deployment
kubectl run held --image=nginx --restart=Never
kubectl wait --for=condition=Ready pod/held --timeout=30s
kubectl patch pod held -p '{"metadata":{"finalizers":["example.com/hold"]}}'
kubectl delete pod held --wait=false
kubectl wait --for=jsonpath='{.metadata.deletionTimestamp}' pod/held --timeout=30s > wait.out && echo deleting
kubectl patch pod held -p '{"metadata":{"finalizers":null}}'
eventually '! kubectl get pod held'
kubectl run now --image=nginx
kubectl wait --for=condition=Ready pod/now --timeout=30s
kubectl delete pod now --grace-period=0 --force
