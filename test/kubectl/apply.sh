# kubectl: 1.35 1.20
# client-side apply: created, unchanged, configured, pruned of what the file no longer says; diff and replace
cat > app.yaml <<'END'
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  color: blue
  size: "10"
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels: {app: app}
spec:
  replicas: 0
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - name: app
        image: nginx:1.26
        env:
        - {name: A, value: "1"}
        - {name: B, value: "2"}
END
kubectl apply -f app.yaml
kubectl apply -f app.yaml
sed -i -e 's/blue/green/' -e '/size/d' -e '/name: B/d' -e 's/1.26/1.27/' app.yaml
kubectl diff -f app.yaml | grep '^[-+] ' | grep -v -e time: -e f: -e k: -e ' \.' -e manager: -e operation: -e subresource: -e apiVersion: -e fields
kubectl apply -f app.yaml --dry-run=server
kubectl apply -f app.yaml --dry-run=client
kubectl apply -f app.yaml
kubectl diff -f app.yaml
kubectl get cm settings -o jsonpath='{.data}{"\n"}'
kubectl get deployment app -o jsonpath='{.spec.template.spec.containers[0].env} {.spec.template.spec.containers[0].image}{"\n"}'
kubectl scale deployment app --replicas=1
kubectl apply -f app.yaml
kubectl get deployment app -o jsonpath='{.spec.replicas}{"\n"}'
kubectl apply view-last-applied cm/settings
kubectl create configmap made --from-literal=a=1
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {b: "2"}\n' > made.yaml
kubectl apply -f made.yaml
kubectl get cm made -o jsonpath='{.data}{"\n"}'
kubectl replace -f made.yaml
kubectl get cm made -o jsonpath='{.data}{"\n"}'
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: absent}\n' | kubectl replace -f -
kubectl replace --force -f made.yaml
kubectl create -f made.yaml
kubectl delete -f made.yaml -f app.yaml
kubectl delete -f made.yaml
kubectl delete -f made.yaml --ignore-not-found
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n' | kubectl apply -f -
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {}\n' | kubectl apply -f -
printf 'apiVersion: v2\nkind: Pod\nmetadata: {name: p}\n' | kubectl apply -f -
printf 'kind: ConfigMap\nmetadata: {name: p}\n' | kubectl apply -f -
printf 'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: two}}\n' | kubectl apply -f -
kubectl apply -f app.yaml --namespace=none
