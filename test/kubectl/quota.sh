# limit ranges and priorities; a quota as an object
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
kubectl describe ns $NS
kubectl run low --image=nginx --overrides='{"spec":{"priorityClassName":"none"}}'
kubectl create priorityclass quota-high --value=1000
kubectl run high --image=nginx --overrides='{"spec":{"priorityClassName":"quota-high"}}'
kubectl get pod high -o jsonpath='{.spec.priority} {.spec.preemptionPolicy}{"\n"}'
kubectl delete pc quota-high
