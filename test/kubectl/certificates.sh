# certificates: asked for, approved, issued, used; denied; refused by the signer
openssl ecparam -genkey -name prime256v1 -noout -out jane.key
openssl req -new -key jane.key -subj /O=devs/CN=jane -out jane.csr
request() { printf 'apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: %s}\nspec:\n  signerName: %s\n  expirationSeconds: 7200\n  usages: [%s]\n  request: %s\n' "$1" "$2" "$3" "$(base64 -w0 jane.csr)"; }
request certificates-jane kubernetes.io/kube-apiserver-client 'client auth' | kubectl create -f -
kubectl get csr certificates-jane
kubectl certificate approve certificates-jane
eventually 'kubectl get csr certificates-jane -o jsonpath={.status.certificate} | grep .'
kubectl get csr certificates-jane
kubectl get csr certificates-jane -o jsonpath='{.status.certificate}' | base64 -d > jane.crt
openssl x509 -in jane.crt -noout -subject -issuer -ext keyUsage,extendedKeyUsage,basicConstraints
kubectl config view --raw --minify -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' | base64 -d > ca.crt
openssl verify -CAfile ca.crt -purpose sslclient jane.crt
kubectl --kubeconfig=/dev/null --server=$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}') --certificate-authority=ca.crt --client-certificate=jane.crt --client-key=jane.key auth whoami
kubectl describe csr certificates-jane
request certificates-wrong kubernetes.io/kube-apiserver-client 'client auth, server auth' | kubectl create -f -
kubectl certificate approve certificates-wrong
eventually 'kubectl get csr certificates-wrong | grep Failed'
kubectl get csr certificates-wrong
kubectl get csr certificates-wrong -o jsonpath='{range .status.conditions[*]}{.type} {.reason} {.message}{"\n"}{end}'
request certificates-no kubernetes.io/kube-apiserver-client 'client auth' | kubectl create -f -
kubectl certificate deny certificates-no
kubectl get csr certificates-no
openssl req -new -key jane.key -subj /O=system:nodes/CN=system:node:n9 -out jane.csr
request certificates-node kubernetes.io/kube-apiserver-client-kubelet 'digital signature, client auth' | kubectl create -f -
eventually 'kubectl get csr certificates-node | grep Issued'
kubectl get csr certificates-node
kubectl get csr certificates-node -o jsonpath='{.status.conditions[0].reason} {.status.conditions[0].message}{"\n"}'
kubectl delete csr certificates-jane certificates-wrong certificates-no certificates-node
