# kubectl: 1.35 1.20
# autoscale without a metrics API
kubectl create deployment web --image=nginx --replicas=2
kubectl autoscale deployment web --min=2 --max=5 --cpu-percent=80
kubectl get hpa web -o jsonpath='{.spec.minReplicas} {.spec.maxReplicas} {.spec.scaleTargetRef.kind}/{.spec.scaleTargetRef.name}{"\n"}'
kubectl autoscale deployment none --max=5
kubectl autoscale deployment web --name=wrong --min=6 --max=5
kubectl delete hpa web
