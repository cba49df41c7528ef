# kubectl: 1.35 1.20
# the first minutes of every user: a deployment, its service, scaling, new versions and back
kubectl create deployment nginx --image=nginx --replicas=3
kubectl rollout status deployment/nginx --timeout=60s
kubectl expose deployment nginx --port=80 --type=NodePort
kubectl wait --for=condition=Ready pod -l app=nginx --timeout=60s
kubectl get deployments
eventually '[ $(kubectl get ep nginx -o yaml | grep -cw ip:) = 3 ]'
kubectl get pod,svc,rs,ep -o wide
kubectl wait --for=condition=Available deployment/nginx
kubectl scale deployment/nginx --replicas=5
kubectl rollout status deployment nginx --timeout=60s
kubectl get deploy nginx -o jsonpath='{.status.replicas} {.status.readyReplicas} {.status.observedGeneration}{"\n"}'
kubectl scale deployment/nginx --replicas=2 --current-replicas=3
kubectl scale deployment/nginx --replicas=3 --current-replicas=5
kubectl set image deployment/nginx nginx=nginx:1.27
kubectl rollout status deployment/nginx --timeout=60s
kubectl get rs
kubectl rollout history deployment/nginx
kubectl annotate deployment/nginx kubernetes.io/change-cause='the second version'
kubectl rollout history deployment/nginx
kubectl rollout history deployment/nginx --revision=2
kubectl rollout undo deployment/nginx
kubectl rollout status deployment/nginx --timeout=60s
kubectl get deployment nginx -o jsonpath='{.spec.template.spec.containers[0].image}{"\n"}'
kubectl rollout undo deployment/nginx --to-revision=9
kubectl rollout pause deployment/nginx
kubectl rollout pause deployment/nginx
kubectl set image deployment/nginx nginx=nginx:1.28
kubectl rollout undo deployment/nginx
kubectl rollout resume deployment/nginx
kubectl rollout resume deployment/nginx
kubectl rollout status deployment/nginx --timeout=60s
kubectl rollout restart deployment/nginx
kubectl rollout status deployment/nginx --timeout=60s
kubectl get rs -o custom-columns=REVISION:.metadata.annotations.deployment\\.kubernetes\\.io/revision,REPLICAS:.spec.replicas | sort
kubectl delete deployment,service nginx
kubectl wait --for=delete pod -l app=nginx --timeout=60s > gone.out 2>&1 || true
kubectl get all
