# kubectl: 1.35 1.20
# the replication controller of old manifests, and adoption by labels
cat <<'END' | kubectl apply -f -
apiVersion: v1
kind: ReplicationController
metadata: {name: old}
spec:
  replicas: 2
  selector: {app: old}
  template:
    metadata: {labels: {app: old}}
    spec: {containers: [{name: web, image: nginx}]}
END
kubectl wait --for=condition=Ready pod -l app=old --timeout=60s > ready.out
kubectl get rc -o wide
kubectl label $(kubectl get pod -l app=old -o name | sed -n 1,1p) app=free --overwrite > labelled.out
eventually '[ $(kubectl get pods --no-headers | wc -l) = 3 ]'
kubectl get pod -l app=free -o jsonpath='{.items[0].metadata.ownerReferences}{"\n"}'
kubectl scale rc old --replicas=1
eventually '[ $(kubectl get pods --no-headers | wc -l) = 2 ]'
kubectl get pods -L app
kubectl describe rc old | sed -n 1,8p
kubectl delete rc old
