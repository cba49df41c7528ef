# describe of what a deployment makes, and of the cluster's own objects
kubectl create deployment web --image=nginx --replicas=2 --port=80
kubectl expose deployment web --port=80 --target-port=80 --type=NodePort
kubectl rollout status deployment/web --timeout=60s
eventually '[ $(kubectl get ep web -o yaml | grep -cw ip:) = 2 ]'
kubectl wait --for=jsonpath='{.endpoints[1].conditions.ready}'=true endpointslice -l kubernetes.io/service-name=web --timeout=30s
kubectl get deployment web -o jsonpath='{.metadata.generation} {.status.observedGeneration}{"\n"}'
kubectl describe deployment web
kubectl describe rs -l app=web
kubectl describe svc web
kubectl describe pod $(kubectl get pod -l app=web -o jsonpath='{.items[0].metadata.name}')
kubectl describe ns $NS
kubectl describe node node-1 | sed -n '/^Name:/,/^Addresses:/p' | grep -v -e Lease -e RenewTime -e AcquireTime
kubectl describe node node-1 | sed -n '/^Addresses:/,/^PodCIDRs/p'
kubectl get ep web
kubectl get endpointslice -l kubernetes.io/service-name=web
kubectl describe pod none
