# ranges of service addresses: ready, guarded, kept while addresses would be left without a range
eventually 'kubectl wait servicecidr kubernetes --for=condition=Ready --timeout=1s'
kubectl get servicecidrs
kubectl get servicecidr kubernetes -o jsonpath='{.metadata.finalizers[0]} {.status.conditions[0].type} {.status.conditions[0].status} {.status.conditions[0].message}{"\n"}'
printf 'apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {name: service-cidrs-more}\nspec: {cidrs: [10.112.0.0/24]}\n' | kubectl create -f -
kubectl wait servicecidr service-cidrs-more --for=condition=Ready --timeout=20s
printf 'apiVersion: networking.k8s.io/v1\nkind: IPAddress\nmetadata: {name: 10.112.0.7, labels: {ipaddress.kubernetes.io/managed-by: ipallocator.k8s.io, ipaddress.kubernetes.io/ip-family: IPv4}}\nspec: {parentRef: {resource: services, namespace: default, name: web}}\n' | kubectl create -f -
kubectl delete servicecidr service-cidrs-more --wait=false
kubectl wait servicecidr service-cidrs-more --for=condition=Ready=false --timeout=20s
kubectl get servicecidr service-cidrs-more -o jsonpath='{.status.conditions[0].reason}: {.status.conditions[0].message}{"\n"}'
kubectl delete ipaddress 10.112.0.7
kubectl wait servicecidr service-cidrs-more --for=delete --timeout=20s
