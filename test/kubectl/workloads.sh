# stateful sets, daemon sets, jobs and cron jobs
cat > sts.yaml <<'END'
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 3
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: 'postgres:16'}]}
END
kubectl apply -f sts.yaml
kubectl rollout status statefulset/db --timeout=60s | tail -1
kubectl get sts -o wide
kubectl get pods -l app=db
kubectl get pod db-0 -o jsonpath='{.spec.hostname} {.spec.subdomain} {.metadata.labels}{"\n"}'
kubectl set image sts/db db=postgres:17
kubectl rollout status sts/db --timeout=60s | tail -1
kubectl rollout history sts/db
kubectl rollout undo sts/db
kubectl rollout status sts/db --timeout=60s | tail -1
kubectl get pod db-2 -o jsonpath='{.spec.containers[0].image}{"\n"}'
kubectl scale sts db --replicas=1
eventually '! kubectl get pod db-1 && ! kubectl get pod db-2'
kubectl get pods -l app=db
kubectl describe sts db | grep -v '^ *Normal'
kubectl delete -f sts.yaml
cat > ds.yaml <<'END'
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: fluentd}]}
END
kubectl cordon node-2
kubectl apply -f ds.yaml
kubectl rollout status ds/agent --timeout=60s | tail -1
kubectl uncordon node-2
kubectl get ds -o wide
kubectl get pods -l app=agent -o jsonpath='{range .items[*]}{.spec.nodeName}{"\n"}{end}' | sort
kubectl set image ds/agent agent=fluentd:2
kubectl rollout status ds/agent --timeout=60s | tail -1
kubectl rollout history ds/agent
kubectl describe ds agent | grep -v '^ *Normal'
kubectl drain node-1 --pod-selector=app=agent
kubectl drain node-1 --pod-selector=app=agent --ignore-daemonsets
kubectl uncordon node-1
kubectl delete ds agent
kubectl create job pi --image=perl -- perl -e 'print 1'
kubectl wait --for=condition=Complete job/pi --timeout=60s
kubectl get jobs
kubectl get pods -l job-name=pi
kubectl describe job pi | grep -v -e hash -e uid
kubectl create cronjob hello --image=busybox --schedule='0 0 31 12 *' -- date
kubectl create job manual --from=cronjob/hello
kubectl wait --for=condition=Complete job/manual --timeout=60s
kubectl get job manual -o jsonpath='{.metadata.annotations} {.metadata.ownerReferences[0].kind}{"\n"}'
kubectl get cronjobs
kubectl describe cronjob hello
kubectl delete cronjob hello
eventually '! kubectl get job manual'
kubectl get jobs
