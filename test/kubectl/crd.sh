# custom resources: defined, used, validated, printed, removed
cat > crd.yaml <<'END'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.crd.example.com}
spec:
  group: crd.example.com
  scope: Namespaced
  names: {plural: boats, singular: boat, kind: Boat, shortNames: [bt], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.oars, statusReplicasPath: .status.oars}}
    additionalPrinterColumns:
    - {name: Oars, type: integer, jsonPath: .spec.oars}
    - {name: Color, type: string, jsonPath: .spec.color, priority: 1}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [oars]
            properties:
              oars: {type: integer, minimum: 0, maximum: 8}
              color: {type: string, default: white, enum: [white, red]}
            x-kubernetes-validations:
            - {rule: 'self.oars % 2 == 0', message: oars come in pairs}
          status: {type: object, properties: {oars: {type: integer}}}
END
kubectl apply -f crd.yaml
kubectl wait --for=condition=Established crd/boats.crd.example.com --timeout=30s
eventually 'kubectl get boats'
kubectl get crd boats.crd.example.com
kubectl api-resources --api-group=crd.example.com
printf 'apiVersion: crd.example.com/v1\nkind: Boat\nmetadata: {name: nut}\nspec: {oars: 2}\n' > boat.yaml
kubectl apply -f boat.yaml
kubectl apply -f boat.yaml
kubectl explain boat.spec.oars | sed -n 1,6p
kubectl get boats
kubectl get bt nut -o wide
kubectl get all
kubectl scale boat nut --replicas=4
kubectl get boat nut -o jsonpath='{.spec} {.metadata.generation}{"\n"}'
kubectl patch boat nut --type=merge -p '{"spec":{"oars":3}}'
kubectl patch boat nut --type=merge -p '{"spec":{"oars":10}}'
kubectl patch boat nut --type=merge -p '{"spec":{"color":"green"}}'
kubectl patch boat nut -p '{"spec":{"color":"red"}}'
sed 's/oars: 2/oars: 2, sails: 1/' boat.yaml | kubectl apply -f - 2>&1 | sed 's/"{.*}"/<object>/'
sed 's/oars: 2/oars: two/' boat.yaml | kubectl apply -f -
sed 's/oars: 2/color: red/' boat.yaml | kubectl replace -f -
kubectl delete crd boats.crd.example.com
eventually '! kubectl get boats'
