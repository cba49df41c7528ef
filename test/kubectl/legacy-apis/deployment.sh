# kubectl: 1.35 1.20
# a Deployment of extensions/v1beta1: no selector, the defaults of its day
cat <<'END' | kubectl create -f -
apiVersion: extensions/v1beta1
kind: Deployment
metadata: {name: old}
spec:
  template:
    metadata: {labels: {app: old}}
    spec: {containers: [{name: web, image: nginx}]}
END
kubectl rollout status deployment/old --timeout=60s
kubectl get deployments.v1.apps old -o jsonpath='{.spec.selector} {.spec.strategy}{"\n"}'
kubectl get deployments
kubectl api-versions | grep beta
kubectl delete deployment old
