# edit with a script for an editor
kubectl create configmap c --from-literal=color=blue
KUBE_EDITOR='sed -i s/blue/green/' kubectl edit configmap c
kubectl get cm c -o jsonpath='{.data.color}{"\n"}'
KUBE_EDITOR='sed -i s/nothing/green/' kubectl edit configmap c
KUBE_EDITOR='sed -i s/color:/colour:/' kubectl edit cm c -o yaml --save-config
kubectl get cm c -o jsonpath='{.data}{"\n"}'
kubectl create service clusterip s --tcp=80:80
KUBE_EDITOR='sed -i s/ClusterIP/NodePort/' kubectl edit svc s
kubectl get svc s
kubectl create deployment d --image=nginx --replicas=0
KUBE_EDITOR='sed -i -e s/replicas:/replicaz:/' kubectl edit deployment d 2>&1 | sed 's#/tmp/[^"]*#<file>#'
