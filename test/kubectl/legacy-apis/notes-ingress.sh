# kubectl: 1.35 1.20
# An Ingress of old notes where --legacy-apis still serves it: first as written, with http beside host, then mended; stored once, read in every version.
kubectl create -f $TOPIC/../notes/12-appingress.yaml
kubectl create -f $TOPIC/../notes/mended/12-appingress-old.yaml
kubectl get ingresses.v1.networking.k8s.io appingress -o jsonpath='{.apiVersion} {.spec.rules[0].http.paths[0].backend} {.spec.rules[0].http.paths[0].pathType}{"\n"}'
kubectl get ingresses.v1beta1.networking.k8s.io appingress -o jsonpath='{.apiVersion} {.spec.rules[0].http.paths[0].backend}{"\n"}'
kubectl get ingresses.v1beta1.extensions appingress -o jsonpath='{.apiVersion} {.spec.rules[0].http.paths[0].backend}{"\n"}'
kubectl get ingresses
kubectl delete ingress appingress
