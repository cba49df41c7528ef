# The manifests of a user's notes, mended: they apply, run on hollow nodes and go away cleanly.
kubectl create -f $TOPIC/notes/mended/02-ini-pod.yaml
kubectl wait --for=jsonpath='{.status.conditions[0].reason}'=Unschedulable pod/myapp-pod --timeout=30s
kubectl get pod myapp-pod
kubectl label node node-1 gpu=true
kubectl wait --for=condition=Ready pod/myapp-pod --timeout=30s
kubectl get pod myapp-pod -o wide
kubectl describe pod myapp-pod | sed -n '/^Init Containers/,/^Containers/p'
kubectl create -f $TOPIC/notes/04-myservice.yaml
eventually 'kubectl get ep myservice -o yaml | grep -w ip && kubectl get endpointslice -o yaml | grep 9376'
kubectl get svc,ep,endpointslice
kubectl replace -f $TOPIC/notes/mended/05-myservice-two-ports.yaml
kubectl describe svc myservice
kubectl delete pod myapp-pod
kubectl create -f $TOPIC/notes/mended/06-myapp-pod-named-ports.yaml
kubectl apply -f $TOPIC/notes/mended/07-myservice-named-ports.yaml 2>&1 | tail -1
kubectl wait --for=condition=Ready pod/myapp-pod --timeout=30s
eventually 'kubectl get ep myservice -o yaml | grep -w ip && kubectl get endpointslice -o yaml | grep 9443'
kubectl get ep myservice
kubectl create -f $TOPIC/notes/08-ex-service.yaml -f $TOPIC/notes/09-ex-endpoints.yaml
kubectl describe svc ex-service | grep -e Selector -e Type
kubectl get ep ex-service
kubectl create -f $TOPIC/notes/mended/10-nodeportservice.yaml -f $TOPIC/notes/11-loadbalancerservice.yaml
kubectl get svc nodeportservice -o jsonpath='{.spec.ports}{"\n"}'
eventually 'kubectl get svc loadbalancerservice -o jsonpath={.status.loadBalancer.ingress[0].ip} | grep .'
kubectl get svc loadbalancerservice
kubectl create -f $TOPIC/notes/mended/12-appingress.yaml
kubectl get ingresses
kubectl describe ingress appingress
kubectl create -f $TOPIC/notes/mended/03-cusnamespace.yaml
kubectl get ns cusnamespace
kubectl delete -f $TOPIC/notes/mended/03-cusnamespace.yaml --timeout=30s
kubectl delete -f $TOPIC/notes/mended/06-myapp-pod-named-ports.yaml
kubectl delete -f $TOPIC/notes/09-ex-endpoints.yaml -f $TOPIC/notes/mended/12-appingress.yaml
kubectl delete svc --all
kubectl label node node-1 gpu-
kubectl get all,ing
