# kubectl: 1.35 1.20
# nodes: listed, labelled, closed, tainted
kubectl get nodes
kubectl get nodes -o wide
kubectl get nodes -o name
kubectl get nodes --no-headers -o custom-columns=NAME:.metadata.name,CIDR:.spec.podCIDR
kubectl get node node-1 --show-labels
kubectl label node node-1 disk=ssd
kubectl get nodes -L disk
kubectl get nodes -l disk=ssd
kubectl get nodes -l '!disk'
kubectl label node node-1 disk=hdd
kubectl label node node-1 disk=hdd --overwrite
kubectl label node node-1 disk-
kubectl cordon node-1
kubectl get nodes
kubectl get node node-1 -o jsonpath='{.spec.unschedulable} {.spec.taints[*].key}{"\n"}'
kubectl cordon node-1
kubectl uncordon node-1
kubectl uncordon node-1
kubectl get nodes --field-selector spec.unschedulable=true
kubectl taint node node-1 key1=value1:NoSchedule
kubectl taint node node-1 key1=value1:NoSchedule
kubectl get node node-1 -o jsonpath='{.spec.taints}{"\n"}'
kubectl taint node node-1 key1=value2:NoSchedule --overwrite
kubectl taint node node-1 key1-
kubectl taint node node-1 key1-
kubectl taint node node-1 key1=value1:NoShedule
kubectl taint node node-1 node-role.kubernetes.io/master=PreferNoSchedule
kubectl taint node node-1 node-role.kubernetes.io/master=:PreferNoSchedule
kubectl taint node node-1 node-role.kubernetes.io/master-
kubectl cordon nowhere
