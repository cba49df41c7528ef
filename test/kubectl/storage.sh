# claims, volumes and classes: made on demand, grown, owned by pods, given back
kubectl apply -f - <<'END'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: directories }
provisioner: k8ts.io/host-path
allowVolumeExpansion: true
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fixed }
provisioner: k8ts.io/host-path
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], storageClassName: directories, resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: small }
spec: { accessModes: [ReadWriteOnce], storageClassName: fixed, resources: { requests: { storage: 1Gi } } }
END
kubectl get storageclass directories fixed
kubectl wait --for=jsonpath='{.status.phase}'=Bound pvc/small --timeout=30s
kubectl get pvc data
eventually 'kubectl get events --field-selector involvedObject.name=data | grep -q consumer'
kubectl get events --field-selector involvedObject.name=data -o custom-columns=REASON:.reason,MESSAGE:.message
# only a bound claim of a class that allows it may grow
kubectl patch pvc data -p '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}'
kubectl patch pvc small -p '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}'
kubectl run user --image=nginx --overrides='{"spec":{"volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data"}}]}}'
kubectl wait --for=jsonpath='{.status.phase}'=Bound pvc/data --timeout=30s
kubectl wait --for=condition=Ready pod/user --timeout=30s
kubectl patch pvc data -p '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}'
kubectl wait --for=jsonpath='{.status.capacity.storage}'=2Gi pvc/data --timeout=30s
kubectl get pvc data -o jsonpath='{.status.allocatedResources.storage}{.status.conditions}{"\n"}'
kubectl get pv "$(kubectl get pvc data -o jsonpath='{.spec.volumeName}')" -o custom-columns=CAPACITY:.spec.capacity.storage,MODES:.spec.accessModes,POLICY:.spec.persistentVolumeReclaimPolicy,STATUS:.status.phase,CLAIM:.spec.claimRef.name
eventually 'kubectl get events --field-selector involvedObject.name=data | grep -q VolumeResizeSuccessful'
kubectl get events --field-selector involvedObject.name=data,reason=VolumeResizeSuccessful -o custom-columns=TYPE:.type,MESSAGE:.message
kubectl patch pvc data -p '{"spec":{"resources":{"requests":{"storage":"1Gi"}}}}'
# a claim in use stays until its pod is gone
kubectl delete pvc data --wait=false
kubectl get pvc data
kubectl describe pvc data | grep -E '^(Name|Capacity|Access Modes|VolumeMode|Used By|Finalizers):'
kubectl delete pod user --grace-period=1
kubectl wait --for=delete pvc/data --timeout=30s
# an ephemeral volume's claim comes and goes with its pod, unless somebody else has the name
kubectl apply -f - <<'END'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: second-scratch }
spec: { accessModes: [ReadWriteOnce], storageClassName: fixed, resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: first }
spec:
  containers: [{ name: c, image: nginx, volumeMounts: [{ name: scratch, mountPath: /scratch }] }]
  volumes:
    - name: scratch
      ephemeral:
        volumeClaimTemplate:
          metadata: { labels: { kind: scratch } }
          spec: { accessModes: [ReadWriteOnce], storageClassName: directories, resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: second }
spec:
  containers: [{ name: c, image: nginx, volumeMounts: [{ name: scratch, mountPath: /scratch }] }]
  volumes:
    - name: scratch
      ephemeral:
        volumeClaimTemplate:
          spec: { accessModes: [ReadWriteOnce], storageClassName: directories, resources: { requests: { storage: 1Gi } } }
END
kubectl wait --for=condition=Ready pod/first --timeout=30s
kubectl get pvc -l kind=scratch
eventually 'kubectl get events --field-selector involvedObject.name=second,reason=FailedBinding | grep -q owner'
kubectl get events --field-selector involvedObject.name=second,reason=FailedBinding -o custom-columns=TYPE:.type,MESSAGE:.message
kubectl get pod second -o jsonpath='{.status.conditions[0].message}{"\n"}'
kubectl delete pod first second --grace-period=1
kubectl wait --for=delete pvc/first-scratch --timeout=30s
kubectl get pvc
# volumes of a storage driver are attached by order, to one node at a time
kubectl apply -f - <<'END'
apiVersion: v1
kind: PersistentVolume
metadata: { name: disk }
spec: { capacity: { storage: 1Gi }, accessModes: [ReadWriteOnce], storageClassName: disks, csi: { driver: disk.example.com, volumeHandle: d-1 } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: disk }
spec: { accessModes: [ReadWriteOnce], storageClassName: disks, resources: { requests: { storage: 1Gi } } }
END
kubectl wait --for=jsonpath='{.status.phase}'=Bound pvc/disk --timeout=30s
kubectl get pv disk
kubectl run one --image=nginx --overrides='{"spec":{"nodeName":"node-1","volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"disk"}}]}}'
eventually 'kubectl get volumeattachments -o name | grep -q csi-'
kubectl get volumeattachments
kubectl patch --subresource=status "$(kubectl get volumeattachments -o name)" --type=merge -p '{"status":{"attached":true}}' | sed 's/csi-[0-9a-f]*/csi-…/'
eventually 'kubectl get events --field-selector involvedObject.name=one | grep -q SuccessfulAttachVolume'
kubectl get events --field-selector involvedObject.name=one,reason=SuccessfulAttachVolume -o custom-columns=TYPE:.type,MESSAGE:.message
kubectl get node node-1 -o jsonpath='{.status.volumesAttached}{"\n"}'
kubectl run two --image=nginx --overrides='{"spec":{"nodeName":"node-2","volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"disk"}}]}}'
eventually 'kubectl get events --field-selector involvedObject.name=two | grep -q Multi-Attach'
kubectl get events --field-selector involvedObject.name=two,reason=FailedAttachVolume -o custom-columns=TYPE:.type,MESSAGE:.message
kubectl delete pod one --grace-period=1
eventually 'kubectl get volumeattachments -o jsonpath="{.items[*].spec.nodeName}" | grep -q node-2'
kubectl get node node-1 -o jsonpath='{.status.volumesAttached}{"\n"}'
kubectl get volumeattachments -o custom-columns=ATTACHER:.spec.attacher,NODE:.spec.nodeName,ATTACHED:.status.attached
kubectl delete pod two --grace-period=1
eventually '[ -z "$(kubectl get volumeattachments -o name)" ]'
kubectl delete pvc disk small second-scratch
kubectl get pv disk
kubectl delete pv disk
kubectl delete storageclass directories fixed
