# kubectl: 1.35 1.20
# the ways of get
kubectl create cm a --from-literal=k=1
kubectl create cm b --from-literal=k=2
kubectl create cm c --from-literal=k=3
kubectl label cm a b c set=abc
kubectl get cm -l set=abc -o name
kubectl get cm -l set=abc --chunk-size=1
kubectl get cm -l set=abc --no-headers | awk '{print $1, $2}'
kubectl get cm -l set=abc -o jsonpath='{range .items[*]}{.metadata.name}={.data.k} {end}{"\n"}'
kubectl get cm -l set=abc -o custom-columns=NAME:.metadata.name,K:.data.k,NONE:.data.x
kubectl get cm -l set=abc --sort-by='{.data.k}' -o go-template='{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}'
kubectl get cm -l set=abc --field-selector metadata.name=b
kubectl get cm --field-selector metadata.name!=a -l set=abc
kubectl get cm --field-selector data.k=1
kubectl get pods --field-selector spec.color=1
kubectl get cm a b none
kubectl get cm none --ignore-not-found
kubectl get pods
kubectl get pods -A --field-selector metadata.namespace=none
kubectl get po,pod,pods
kubectl get cm a -o yaml | grep -v -e f: -e managed
kubectl get cm a -o json | grep -c '"kind": "ConfigMap"'
kubectl get cm -l set=abc -o json | grep -e '"kind": "List"' -e '"resourceVersion": ""'
kubectl get cm -l set=abc --show-kind
kubectl get all
kubectl get --raw "/api/v1/namespaces/$NS/configmaps?limit=1&labelSelector=set%3Dabc" | grep -o '"remainingItemCount":[0-9]*' || echo no count with a selector
kubectl get --raw "/api/v1/namespaces/$NS/configmaps?limit=-1x"
kubectl get --raw "/api/v1/namespaces/$NS/configmaps?continue=nonsense"
