# kubectl: 1.35 1.20
# what the server says about itself
kubectl version -o json | grep -A12 serverVersion | grep -e gitVersion -e major -e minor
kubectl cluster-info
kubectl api-versions
kubectl api-resources
kubectl api-resources --api-group=apps -o wide
kubectl api-resources --namespaced=false -o name
kubectl explain deployment.spec.strategy.rollingUpdate | grep -e KIND -e FIELD -e VERSION -e '<'
kubectl explain pod.spec.containers.imagePullPolicy | grep -e KIND -e FIELD -e VERSION
kubectl explain job.spec --recursive | grep -A3 -w podFailurePolicy
kubectl explain deployment.spec.nothing
kubectl explain nothing
kubectl get --raw /livez; echo
kubectl get --raw /readyz; echo
kubectl get --raw '/livez?verbose' | tail -1
kubectl get --raw /version | grep -e major -e platform | wc -l
kubectl get --raw /metrics | grep -c '^# TYPE apiserver_request_total counter'
kubectl get --raw /api | grep -o '"versions":[^,]*'
kubectl get --raw /apis/apps | cut -c1-60; echo
kubectl get --raw /nothing
kubectl get --raw /api/v1/nothing
kubectl get nothing
kubectl config current-context
kubectl config view --minify -o jsonpath='{.contexts[0].context.user}{"\n"}'
