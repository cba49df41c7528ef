# kubectl: 1.35 1.20
# groups that other API servers serve: registered, checked, asked
kubectl get apiservices
kubectl get apiservice v1.apps -o jsonpath='{.metadata.labels} {.spec}{"\n"}'
kubectl describe apiservice v1. | grep -v -e Resource -e UID -e Time
kubectl get configmap -n kube-system extension-apiserver-authentication -o json | grep -o '"requestheader[^,]*headers[^,]*'
kubectl apply -f - <<END
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: v1alpha1.wardle.example.com
spec:
  group: wardle.example.com
  version: v1alpha1
  service: {namespace: $NS, name: wardle, port: $EXTENSION_PORT}
  caBundle: $EXTENSION_CA
  groupPriorityMinimum: 2000
  versionPriority: 15
END
eventually 'kubectl get apiservice v1alpha1.wardle.example.com | grep ServiceNotFound'
kubectl get apiservice v1alpha1.wardle.example.com
kubectl get apiservice v1alpha1.wardle.example.com -o jsonpath='{.status.conditions[0].message}{"\n"}'
kubectl get --raw /apis/wardle.example.com/v1alpha1
kubectl api-resources --api-group=wardle.example.com
kubectl get flunders.wardle.example.com
kubectl apply -f - <<'END'
apiVersion: v1
kind: Service
metadata: {name: wardle}
spec: {type: ExternalName, externalName: localhost}
END
kubectl wait --for=condition=Available --timeout=30s apiservice/v1alpha1.wardle.example.com
kubectl get apiservice v1alpha1.wardle.example.com
eventually 'kubectl get --raw /apis/wardle.example.com/v1alpha1'
kubectl api-versions | grep wardle
eventually 'kubectl api-resources --api-group=wardle.example.com'
kubectl api-resources --api-group=wardle.example.com -o name
kubectl get --raw /apis/wardle.example.com; echo
kubectl get --raw /apis/wardle.example.com/v1alpha1/namespaces/default/flunders/a | grep -o -e '"method":"[A-Z]*"' -e '"x-remote-user":[^]]*' -e '"commonName":[^}]*'
kubectl get --raw /apis/wardle.example.com/v1alpha1/namespaces/default/flunders/a --as jane --as-group devs | grep -o '"x-remote-[ug][^]]*'
kubectl get --raw /apis/wardle.example.com/v1alpha1/nothing
kubectl delete service wardle
eventually 'kubectl get apiservice v1alpha1.wardle.example.com | grep False'
kubectl get apiservice v1alpha1.wardle.example.com
kubectl api-resources --api-group=wardle.example.com
kubectl delete apiservice v1alpha1.wardle.example.com
eventually '! kubectl get --raw /apis/wardle.example.com'
kubectl get --raw /apis/wardle.example.com
kubectl create -f - <<'END'
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: v1.wrong
spec:
  group: other.example.com
  version: v1
  service: {namespace: default, name: x, port: 0}
  caBundle: aGk=
  insecureSkipTLSVerify: true
  groupPriorityMinimum: 0
  versionPriority: 2000
END
