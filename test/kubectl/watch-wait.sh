# get -w and wait
kubectl create configmap first
kubectl get configmap -l watched=yes -w -o name > names.out & names=$!
kubectl wait --for=create configmap/later --timeout=10s > created.out & created=$!
kubectl create configmap later --from-literal=a=1
wait $created; cat created.out
kubectl label cm first later watched=yes
kubectl wait --for=jsonpath='{.data.a}'=1 configmap/later --timeout=5s
kubectl wait --for=jsonpath='{.data.a}'=2 configmap/later --timeout=1s
eventually '[ $(sort -u names.out | wc -l) = 2 ]'; sort names.out; kill $names
kubectl wait --for=delete configmap/none --timeout=1s
kubectl wait --for=delete configmap/first --timeout=1s 2>&1 | tail -1
kubectl wait --for=condition=Ready pod/none --timeout=1s
kubectl wait --for=condition=Available deployment -l app=none --timeout=1s
kubectl create deployment web --image=nginx
kubectl wait --for=condition=Available deployment/web --timeout=30s
kubectl wait --for=condition=Progressing=True deployment/web --timeout=30s
kubectl wait --for=condition=Available=false deployment/web --timeout=1s
kubectl wait --for=jsonpath='{.status.phase}'=Running pod -l app=web --timeout=30s
timeout 3 kubectl get pods -w --output-watch-events > events.out & events=$!
kubectl run one --image=nginx --restart=Never
kubectl wait --for=condition=Ready pod/one --timeout=30s
kubectl delete pod one
wait $events; grep -w one events.out | awk '{print $1, $2}' | uniq
# several objects, several ways to end, no time at all
kubectl run two --image=nginx --labels=set=many
kubectl run three --image=nginx --labels=set=many
kubectl wait --for=condition=Ready pod/two pod/three --timeout=30s
kubectl wait --for=condition=Ready pod -l set=many --timeout=30s | sort
kubectl wait --for=jsonpath='{.status.podIP}' pod/two --timeout=30s
kubectl wait --for=jsonpath='{.status.nothing}' pod/two --timeout=1s
kubectl wait --for=condition=ready=true pod/two --timeout=0
kubectl wait --for=condition=ready=false pod/two --timeout=0
kubectl delete pod -l set=many --wait=false | sort
kubectl wait --for=delete pod/two pod/three --timeout=60s > gone.out 2>&1; kubectl get pods -l set=many
kubectl create job good --image=busybox -- true
kubectl wait --for=condition=Complete job/good --timeout=60s
kubectl apply -f - <<'END'
apiVersion: batch/v1
kind: Job
metadata: {name: bad}
spec:
  backoffLimit: 0
  template:
    metadata: {annotations: {hollow.k8ts.io/exit-code: '3', hollow.k8ts.io/run-seconds: '0.1'}}
    spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}
END
kubectl wait --for=condition=Failed job/bad --timeout=60s
kubectl wait --for=condition=Complete job/bad --timeout=1s
kubectl wait --for=jsonpath='{.status.failed}'=1 job/bad --timeout=5s
kubectl wait --for=nothing job/bad
kubectl wait job/bad
kubectl delete job good bad
