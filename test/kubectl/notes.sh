# kubectl: 1.35 1.20
# The manifests of a user's notes as written, slips included: each gets the answer that Kubernetes 1.36 gives.
kubectl create -f $TOPIC/notes/01-volumes.yaml
# an init container is indented by one space less
kubectl create -f $TOPIC/notes/02-ini-pod.yaml
# that mended: nodeSelceter
sed 's/- name: init-mydb/-  name: init-mydb/' $TOPIC/notes/02-ini-pod.yaml > ini-pod.yaml; kubectl create -f ini-pod.yaml
kubectl create -f ini-pod.yaml --validate=false --dry-run=server
# that mended too: a boolean among strings
sed -i 's/nodeSelceter/nodeSelector/' ini-pod.yaml; kubectl create -f ini-pod.yaml
kubectl create -f ini-pod.yaml --validate=false
kubectl create -f $TOPIC/notes/03-cusnamespace.yaml
# tabs
kubectl create -f $TOPIC/notes/05-myservice-two-ports.yaml
kubectl create -f $TOPIC/notes/06-myapp-pod-named-ports.yaml
kubectl create -f $TOPIC/notes/07-myservice-named-ports.yaml
kubectl create -f $TOPIC/notes/10-nodeportservice.yaml
kubectl create -f $TOPIC/notes/12-appingress.yaml
# a service of two ports needs names for them
sed '/name: http/s/- name: https*/-/' $TOPIC/notes/mended/05-myservice-two-ports.yaml | sed -e '/^  -$/{N;s/-\n   /-/}' | kubectl create -f -
# a schedule with one quote missing, one with a field missing, a job that may always restart
printf 'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: "0,15,30,45 * * * *\n' | kubectl create -f -
printf 'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: "0,30 * 1 *"\n  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}}\n' | kubectl create -f -
printf 'apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {restartPolicy: Always, containers: [{name: c, image: busybox}]}}}\n' | kubectl create -f -
# the commands of the notes
kubectl run nginx-deployment --image=hub.example.com/library/myapp:v1 --port=80 --replicas=1
kubectl create namespacensname 2>&1 | tail -1
kubectl delete namespacensname
kubectl delete namespace default
kubectl get deployment --all -namespaces
kubectl run web --image=nginx --labels=k=v
kubectl wait --for=condition=Ready pod/web --timeout=30s
kubectl get pods -L '!k'
kubectl get pods -l '!k'
kubectl get pods -L k
kubectl delete pod web
