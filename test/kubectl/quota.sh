# quotas, limit ranges, priorities, disruption budgets
kubectl create quota q --hard=pods=3,requests.cpu=1
kubectl wait --for=jsonpath='{.status.used.pods}'=0 quota/q --timeout=30s
kubectl get quota
kubectl run p --image=nginx
cat <<'END' | kubectl apply -f -
apiVersion: v1
kind: LimitRange
metadata: {name: l}
spec:
  limits:
  - {type: Container, default: {cpu: 500m}, defaultRequest: {cpu: 250m}, max: {cpu: "1"}}
END
kubectl describe limits l
kubectl run p --image=nginx
kubectl get pod p -o jsonpath='{.spec.containers[0].resources} {.metadata.annotations}{"\n"}'
kubectl run big --image=nginx --overrides='{"spec":{"containers":[{"name":"big","image":"nginx","resources":{"limits":{"cpu":"2"}}}]}}'
kubectl create deployment many --image=nginx --replicas=4
kubectl wait --for=condition=ReplicaFailure deployment/many --timeout=30s
kubectl wait --for=jsonpath='{.status.used.pods}'=3 quota/q --timeout=30s
kubectl run one-more --image=nginx
kubectl describe quota q
kubectl describe ns $NS
kubectl delete deployment many
kubectl wait --for=jsonpath='{.status.used.pods}'=1 quota/q --timeout=30s
kubectl delete quota q
kubectl run low --image=nginx --overrides='{"spec":{"priorityClassName":"none"}}'
kubectl create priorityclass quota-high --value=1000
kubectl run high --image=nginx --overrides='{"spec":{"priorityClassName":"quota-high"}}'
kubectl get pod high -o jsonpath='{.spec.priority} {.spec.preemptionPolicy}{"\n"}'
kubectl delete pc quota-high
kubectl create deployment web --image=nginx --replicas=3
kubectl rollout status deployment/web --timeout=60s
kubectl create pdb web --selector=app=web --min-available=3
kubectl wait --for=jsonpath='{.status.currentHealthy}'=3 pdb/web --timeout=30s
kubectl get pdb web
POD=$(kubectl get pod -l app=web -o jsonpath='{.items[0].metadata.name}')
printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"%s"}}' $POD > eviction.json
kubectl create --raw /api/v1/namespaces/$NS/pods/$POD/eviction -f eviction.json
kubectl patch pdb web --type=merge -p '{"spec":{"minAvailable":2}}'
kubectl wait --for=jsonpath='{.status.disruptionsAllowed}'=1 pdb/web --timeout=30s
kubectl create --raw /api/v1/namespaces/$NS/pods/$POD/eviction -f eviction.json; echo
eventually "! kubectl get pod $POD"
kubectl wait --for=jsonpath='{.status.currentHealthy}'=3 pdb/web --timeout=30s
kubectl describe pdb web | grep -v '^ *Normal'
