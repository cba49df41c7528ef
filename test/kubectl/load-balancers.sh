# services of type LoadBalancer: pending, then an address of the pool; events; other classes; back to the pool
kubectl create deployment web --image=web
kubectl expose deployment web --port=80 --type=LoadBalancer
eventually 'kubectl get service web -o jsonpath={.status.loadBalancer.ingress[0].ip} | grep .'
kubectl get service web
kubectl get service web -o jsonpath='{.metadata.finalizers[0]} {.status.loadBalancer.ingress[0].ipMode}{"\n"}'
eventually 'kubectl events --for service/web | grep EnsuredLoadBalancer'
kubectl events --for service/web --no-headers | awk '{$1=""; print}' | sort
kubectl describe service web | grep -e Type: -e 'LoadBalancer Ingress'
kubectl patch service web -p '{"spec":{"loadBalancerIP":"10.240.0.200"}}'
eventually 'kubectl get service web | grep 10.240.0.200'
kubectl get service web -o jsonpath='{.status.loadBalancer.ingress[*].ip}{"\n"}' | sed s/10.240.0.200/two-hundred/
printf 'apiVersion: v1\nkind: Service\nmetadata: {name: other}\nspec: {type: LoadBalancer, loadBalancerClass: example.com/lb, ports: [{port: 80}]}\n' | kubectl create -f -
printf 'apiVersion: v1\nkind: Service\nmetadata: {name: far}\nspec: {type: LoadBalancer, loadBalancerIP: 192.0.2.1, ports: [{port: 80}]}\n' | kubectl create -f -
eventually 'kubectl events --for service/far | grep SyncLoadBalancerFailed'
kubectl events --for service/far --no-headers | awk '/Failed/ {$1=""; print}' | sed 's/ (x[0-9]* over [^)]*)//' | sort -u
kubectl get service far other
kubectl patch service web -p '{"spec":{"type":"ClusterIP","loadBalancerIP":null}}'
eventually 'kubectl events --for service/web | grep DeletedLoadBalancer'
kubectl get service web
kubectl get service web -o jsonpath='{.metadata.finalizers}{.status.loadBalancer}{"\n"}'
kubectl patch service web -p '{"spec":{"type":"LoadBalancer"}}'
eventually 'kubectl get service web -o jsonpath={.status.loadBalancer.ingress[0].ip} | grep .'
kubectl delete service web --timeout=20s
