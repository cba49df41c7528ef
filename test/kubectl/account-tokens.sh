# tokens of service accounts that lie in Secrets: filled, used, gone with Secret or account
kubectl create serviceaccount robot
printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: robot-token, annotations: {kubernetes.io/service-account.name: robot}}\ntype: kubernetes.io/service-account-token\n' | kubectl create -f -
eventually 'kubectl get secret robot-token -o jsonpath={.data.token} | grep .'
kubectl get secret robot-token
kubectl describe secret robot-token | grep -v '^ca.crt'
kubectl get secret robot-token -o jsonpath='{.data.ca\.crt}' | base64 -d | openssl x509 -noout -subject
kubectl get secret robot-token -o jsonpath='{.data.token}' | base64 -d > token
as_robot() { kubectl --kubeconfig=/dev/null --server=$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}') --insecure-skip-tls-verify --token=$(cat token) "$@"; }
as_robot auth whoami
eventually 'kubectl get secret robot-token --show-labels | grep "kubernetes.io/legacy-token-last-used=$(date -u +%F)"'
kubectl delete secret robot-token
as_robot auth whoami
printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: robot-token, annotations: {kubernetes.io/service-account.name: robot}}\ntype: kubernetes.io/service-account-token\n' | kubectl create -f -
eventually 'kubectl get secret robot-token -o jsonpath={.data.token} | grep .'
kubectl delete serviceaccount robot
eventually '! kubectl get secret robot-token'
kubectl get secret robot-token
