# kubectl: 1.35 1.20
# create of every kind that kubectl has words for (protobuf bodies from 1.32 on), and how it is shown
kubectl create configmap settings --from-literal=color=blue --from-literal=size=10
kubectl create secret generic login --from-literal=user=admin --from-literal=password=secret
kubectl create secret docker-registry registry --docker-server=registry.example.com --docker-username=u --docker-password=p
kubectl create serviceaccount builder
kubectl create job once --image=busybox -- true
kubectl create cronjob nightly --image=busybox --schedule='0 3 * * *' -- true
kubectl create ingress web --rule='app.example.com/*=web:80'
kubectl create quota limits --hard=pods=50,services=10
kubectl create role reader --verb=get,list --resource=pods
kubectl create rolebinding readers --role=reader --serviceaccount=$NS:builder
kubectl create clusterrole objects-node-reader --verb=get,list --resource=nodes
kubectl create clusterrolebinding objects-node-readers --clusterrole=objects-node-reader --user=jane
kubectl create poddisruptionbudget pdb --selector=app=web --min-available=1
kubectl create priorityclass objects-high --value=1000 --description='for the important'
kubectl create service clusterip plain --tcp=80:8080
kubectl create service nodeport node --tcp=80:8080
kubectl create service loadbalancer balanced --tcp=80:8080
eventually 'kubectl get service balanced -o jsonpath={.status.loadBalancer.ingress[0].ip} | grep .'
kubectl create service externalname outside --external-name=example.com
kubectl create deployment web --image=nginx --replicas=0
kubectl get configmap settings -o yaml
kubectl get secret login -o jsonpath='{.data}{"\n"}'
kubectl get cm,secret,sa,ing,quota,role,rolebinding,pdb,svc,deploy,cronjob
kubectl get clusterrole objects-node-reader
kubectl get clusterrolebinding objects-node-readers -o wide
kubectl get priorityclass objects-high
kubectl create configmap settings
kubectl delete clusterrole/objects-node-reader clusterrolebinding/objects-node-readers pc/objects-high
