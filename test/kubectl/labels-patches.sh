# kubectl: 1.35 1.20
# label, annotate, the three kinds of patch
kubectl create configmap c --from-literal=a=1 --from-literal=b=2
kubectl label cm c tier=front app=shop
kubectl label cm c tier=back
kubectl label cm c tier=back --overwrite
kubectl label cm c app-
kubectl label cm c app-
kubectl get cm c --show-labels
kubectl get cm -L tier -l tier=back
kubectl get cm -l 'tier in (front, back),tier!=front'
kubectl get cm -l '!tier'
kubectl get cm -l 'tier=='
kubectl get cm -l 'tier in'
kubectl label cm --all kind=demo
kubectl label cm c 'no good=x'
kubectl label cm c 'bad=-x-'
kubectl annotate cm c note='first words'
kubectl annotate cm c note=other
kubectl annotate cm c note=other --overwrite
kubectl annotate cm c note-
kubectl patch cm c -p '{"data":{"a":"3"}}'
kubectl patch cm c -p '{"data":{"a":"3"}}'
kubectl patch cm c --type=merge -p '{"data":{"b":null}}'
kubectl patch cm c --type=json -p '[{"op":"add","path":"/data/c","value":"4"},{"op":"test","path":"/data/a","value":"3"}]'
kubectl get cm c -o jsonpath='{.data}{"\n"}'
kubectl patch cm c --type=json -p '[{"op":"remove","path":"/data/none"}]'
kubectl patch cm c --type=json -p '[{"op":"test","path":"/data/a","value":"9"}]'
kubectl patch cm c --type=json -p '{"op":"test"}'
kubectl patch cm c --type=merge -p '{"data":{"a":5}}' 2>&1 | sed 's/"{.*}"/<object>/'
kubectl patch cm c --type=merge -p '{"metadata":{"name":"d"}}'
kubectl patch cm none -p '{}'
kubectl create deployment d --image=nginx --replicas=0
kubectl patch deployment d -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}'
kubectl get deployment d -o jsonpath='{.spec.template.spec.containers[*].name}{"\n"}'
kubectl patch deployment d --type=merge -p '{"spec":{"template":{"spec":{"containers":[{"name":"only","image":"busybox"}]}}}}'
kubectl get deployment d -o jsonpath='{.spec.template.spec.containers[*].name}{"\n"}'
kubectl patch deployment d -p '{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}'
kubectl get deployment d -o jsonpath='{.spec.strategy}{"\n"}'
kubectl patch deployment d -p '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'
kubectl patch deployment d -p '{"spec":{"replicas":-1}}'
kubectl patch deployment d -p '{"spec":{"template":{"spec":{"containers":[{"$patch":"delete","name":"only"}]}}}}'
