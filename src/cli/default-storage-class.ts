// The StorageClass a new cluster starts with, so that claims without a class (StatefulSets, charts) are served at once.
import { isAlreadyExists } from '../apimachinery/api-error.ts'
import type { Client } from '../client/client.ts'

const path = '/apis/storage.k8s.io/v1/storageclasses'

/** Directories of the node, made by the controller-manager's own provisioner when the first pod that uses the claim is scheduled. */
const standard = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'k8ts.io/host-path',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
}

/** Creates the class "standard" in a cluster that has no class at all: whoever has made others, or means to have none but his, is left alone. */
export async function ensureDefaultStorageClass(client: Client): Promise<void> {
  const { items } = (await client.raw('GET', `${path}?limit=1`)) as { items: unknown[] }
  if (items.length > 0) return
  await client.raw('POST', path, { body: standard }).catch((error) => {
    if (!isAlreadyExists(error)) throw error
  })
}
