# where pods go and may not go: full and closed nodes, selectors, taints that evict, drain
kubectl cordon node-1 node-2
kubectl create deployment waits --image=nginx
kubectl wait --for=jsonpath='{.status.conditions[0].reason}'=Unschedulable pod -l app=waits --timeout=30s
kubectl get pods
kubectl get events --field-selector reason=FailedScheduling -o custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message
kubectl uncordon node-1 node-2
kubectl rollout status deployment/waits --timeout=60s
kubectl delete deployment waits
kubectl run picky --image=nginx --overrides='{"spec":{"nodeSelector":{"gpu":"true"}}}'
kubectl wait --for=jsonpath='{.status.conditions[0].reason}'=Unschedulable pod/picky --timeout=30s
kubectl get pod picky -o jsonpath='{.status.conditions[0].message}{"\n"}'
kubectl label node node-2 gpu=true
kubectl wait --for=condition=Ready pod/picky --timeout=30s
kubectl get pod picky -o jsonpath='{.spec.nodeName}{"\n"}'
kubectl label node node-2 gpu-
kubectl run greedy --image=nginx --overrides='{"spec":{"containers":[{"name":"greedy","image":"nginx","resources":{"requests":{"cpu":"1000"}}}]}}'
kubectl wait --for=jsonpath='{.status.conditions[0].reason}'=Unschedulable pod/greedy --timeout=30s
kubectl get pod greedy -o jsonpath='{.status.conditions[0].message}{"\n"}'
kubectl delete pod greedy
# a taint that evicts: at once without a toleration, never with one
kubectl run patient --image=nginx --overrides='{"spec":{"nodeName":"node-2","tolerations":[{"key":"gone","operator":"Exists"}]}}'
kubectl wait --for=condition=Ready pod/patient --timeout=30s
kubectl taint node node-2 gone=yes:NoExecute
eventually '! kubectl get pod picky'
kubectl get events --field-selector reason=TaintManagerEviction -o custom-columns=REASON:.reason,MESSAGE:.message
kubectl get pods
kubectl taint node node-2 gone-
kubectl delete pod patient
# drain evicts what a controller will make again, refuses what none will
kubectl create deployment web --image=nginx --replicas=4
kubectl rollout status deployment/web --timeout=60s
kubectl get pods -l app=web -o jsonpath='{range .items[*]}{.spec.nodeName}{"\n"}{end}' | sort | uniq -c
kubectl run bare --image=nginx --overrides='{"spec":{"nodeName":"node-2"}}'
kubectl wait --for=condition=Ready pod/bare --timeout=30s
kubectl drain node-2 --pod-selector=run=bare
kubectl drain node-2 --pod-selector=app=web --timeout=60s
kubectl drain node-2 --pod-selector=run=bare --force --timeout=60s
kubectl get nodes
kubectl rollout status deployment/web --timeout=60s
kubectl get pods -o jsonpath='{range .items[*]}{.spec.nodeName}{"\n"}{end}' | sort | uniq -c
kubectl uncordon node-2
