# who am I, what may I, tokens, certificates
kubectl auth whoami
kubectl auth can-i create pods
kubectl auth can-i '*' '*'
kubectl auth can-i get nothings
kubectl auth can-i --list | sed -n 1,3p
kubectl create serviceaccount robot
kubectl create token robot
kubectl create token robot --duration=10m --audience=example.com | cut -d. -f2 | tr _- /+ | base64 -d 2>/dev/null | grep -o '"aud":[^]]*]'
kubectl create token robot --duration=1m
kubectl create token none
kubectl --token=$(kubectl create token robot) --kubeconfig=/dev/null --server=$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}') --insecure-skip-tls-verify auth whoami
kubectl --token=wrong --kubeconfig=/dev/null --server=$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}') --insecure-skip-tls-verify get pods
openssl req -new -newkey rsa:2048 -nodes -keyout jane.key -subj /CN=jane/O=devs -out jane.csr 2>/dev/null
printf 'apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: auth-jane}\nspec:\n  signerName: kubernetes.io/kube-apiserver-client\n  usages: [client auth]\n  request: %s\n' "$(base64 -w0 jane.csr)" | kubectl apply -f -
kubectl get csr auth-jane
kubectl certificate approve auth-jane
kubectl get csr auth-jane -o jsonpath='{.status.conditions[0].type} {.status.conditions[0].reason} {.status.conditions[0].message}{"\n"}'
kubectl certificate approve none
kubectl certificate deny auth-jane
kubectl delete csr auth-jane
