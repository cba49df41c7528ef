# run, its events, and what has no answer without containers
kubectl run web --image=nginx --port=80 --labels=app=web --env=A=1 --overrides='{"spec":{"nodeSelector":{"kubernetes.io/hostname":"node-1"}}}'
kubectl wait --for=condition=Ready pod/web --timeout=30s
kubectl get pod web -o wide
kubectl get events --field-selector involvedObject.name=web --no-headers -o custom-columns=TYPE:.type,REASON:.reason,FROM:.source.component,MESSAGE:.message | sort
kubectl get events --field-selector involvedObject.name=web,reason=Started
kubectl get events --field-selector involvedObject.name=web,reason=Scheduled -o wide
kubectl events --for pod/web --types=Normal --no-headers | wc -l
kubectl run web --image=nginx
kubectl run Bad_name --image=nginx
kubectl run waits --image=nginx --overrides='{"spec":{"nodeSelector":{"none":"here"}}}'
kubectl wait --for=jsonpath='{.status.conditions[0].reason}'=Unschedulable pod/waits --timeout=30s
kubectl logs waits
kubectl logs none
kubectl logs web
kubectl exec web -- ls
kubectl logs web -c other
kubectl run job --image=busybox --restart=Never --dry-run=server -o jsonpath='{.spec.restartPolicy} {.spec.containers[0].imagePullPolicy} {.status.qosClass}{"\n"}' -- true
kubectl expose pod web --port=80 --name=web-svc
kubectl get svc web-svc -o jsonpath='{.spec.selector}{"\n"}'
kubectl set resources pod web --limits=cpu=1 2>&1 | sed -n 1,1p
kubectl set env deployment --all --list
kubectl delete pod web waits
