# kubectl: 1.35 1.20
# NoExecute taints: tolerated for a while, for ever, or not at all; the first toleration that fits counts
pod() { printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","labels":{"set":"taints"}},"spec":{"nodeName":"node-1","tolerations":[%s],"containers":[{"name":"c","image":"busybox"}]}}' "$1" "$2" | kubectl apply -f -; }
pod never '{"key":"other","operator":"Exists"}'
pod short '{"key":"gone","operator":"Exists","effect":"NoExecute","tolerationSeconds":2}'
pod long '{"key":"gone","value":"yes","effect":"NoExecute","tolerationSeconds":600}'
pod ever '{"operator":"Exists"}'
pod wrong '{"key":"gone","operator":"Exists","tolerationSeconds":600}'
pod first '{"key":"gone","operator":"Exists","effect":"NoExecute","tolerationSeconds":600},{"operator":"Exists","effect":"NoExecute","tolerationSeconds":1}'
kubectl wait --for=condition=Ready pod -l set=taints --timeout=60s | sort
kubectl taint node node-1 gone=yes:NoExecute
eventually '! kubectl get pod never && ! kubectl get pod short'
kubectl get pods -l set=taints
kubectl get events --field-selector reason=TaintManagerEviction -o custom-columns=POD:.involvedObject.name,MESSAGE:.message --no-headers | sort
# the taint goes in time: what was planned is cancelled
kubectl taint node node-1 gone-
pod spared '{"key":"gone","operator":"Exists","effect":"NoExecute","tolerationSeconds":3}'
kubectl wait --for=condition=Ready pod/spared --timeout=60s
kubectl taint node node-1 gone=yes:NoExecute
kubectl taint node node-1 gone-
eventually 'kubectl get events --field-selector reason=TaintManagerEviction,involvedObject.name=spared -o yaml | grep Cancelling'
sleep 4; kubectl get pod spared
kubectl delete pods -l set=taints --now | sort
