# server-side apply: owners, conflicts in upstream's words, force, leaving a field to others
cat > d.yaml <<'END'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 0
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - name: app
        image: nginx:1.26
END
kubectl apply --server-side -f d.yaml
kubectl apply --server-side -f d.yaml
sed 's/1.26/1.27/' d.yaml | kubectl apply --server-side -f - --field-manager=other
sed -e 's/1.26/1.27/' -e 's/replicas: 0/replicas: 1/' d.yaml | kubectl apply --server-side -f - --field-manager=other
sed 's/1.26/1.27/' d.yaml | kubectl apply --server-side -f - --field-manager=other --force-conflicts
kubectl apply --server-side -f d.yaml
sed '/image:/d' d.yaml | kubectl apply --server-side -f - 
kubectl get deployment app -o jsonpath='{.spec.template.spec.containers[0].image}{"\n"}'
kubectl get deployment app --show-managed-fields -o jsonpath='{range .metadata.managedFields[*]}{.manager} {.operation} {.subresource}{"\n"}{end}'
kubectl set image deployment/app app=nginx:1.28
kubectl apply --server-side -f d.yaml
kubectl apply --server-side -f d.yaml --dry-run=server --force-conflicts
kubectl create configmap csa --from-literal=a=1 --dry-run=client -o yaml > c.yaml
kubectl apply -f c.yaml
kubectl apply --server-side -f c.yaml
kubectl get cm csa --show-managed-fields -o jsonpath='{range .metadata.managedFields[*]}{.manager} {.operation}{"\n"}{end}'
kubectl diff --server-side -f c.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: csa}\ndatas: {}\n' | kubectl apply --server-side -f -
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: csa}\ndatas: {}\n' | kubectl apply --server-side -f - --validate=warn
