# kubectl: 1.35 1.20
# namespaces come, and go with everything in them
kubectl get ns default kube-system kube-public kube-node-lease
kubectl create namespace $NS-inner
kubectl create namespace $NS-inner
kubectl get ns $NS-inner --show-labels
kubectl wait --for=condition=Ready pod --all -n $NS-inner --timeout=1s
kubectl create deployment web --image=nginx --replicas=2 -n $NS-inner
kubectl rollout status deployment/web -n $NS-inner --timeout=60s
kubectl create configmap c -n $NS-inner
kubectl get serviceaccount default -n $NS-inner -o name
kubectl delete namespace $NS-inner --timeout=60s
kubectl get all -n $NS-inner
kubectl create configmap c -n $NS-inner
kubectl delete namespace default
kubectl delete namespace kube-system
kubectl delete namespace kube-public
kubectl create namespace Upper
kubectl create namespace $NS-held
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, finalizers: [example.com/hold]}\n' | kubectl create -n $NS-held -f -
kubectl delete ns $NS-held --wait=false
kubectl create configmap late -n $NS-held
kubectl get ns $NS-held
kubectl patch cm held -n $NS-held --type=merge -p '{"metadata":{"finalizers":null}}'
eventually '! kubectl get ns $NS-held'
