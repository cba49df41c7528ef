// ServiceAccount: every pod runs as an account of its namespace and gets that account's token as a volume.
import type { Container, Pod, ServiceAccount as ServiceAccountObject } from '../../../openapi/types/core/v1.ts'
import { ServiceAccount } from '../../api/core/serviceaccount.ts'
import { type Clock, type Random, sleep } from '../../apimachinery/clock.ts'
import { generateName } from '../../apimachinery/object-meta.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { isFor, objectAs, refuse } from './refuse.ts'
import { forbiddenSecretReference, referencesSecrets } from './secret-references.ts'

const volumePrefix = 'kube-api-access-'
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const mirrorAnnotation = 'kubernetes.io/config.mirror'
/** One hour, and 7 s by which upstream recognises tokens that nobody asked for by name. */
const tokenSeconds = 3607
const attemptsForDefault = 10

/** `clock` and `random` serve the wait for an account that a controller is about to make, and volume names. */
export function serviceAccount({ clock, random }: { clock: Clock; random: Random }): AdmissionPlugin {
  const find = (attributes: AdmissionAttributes, read: Reader, name: string) => accountOf(attributes, read, name, clock, random)
  return {
    name: 'ServiceAccount',
    on: ['CREATE', 'UPDATE'],
    mutate: async (attributes, read) => {
      if (!isFor(attributes, 'pods') || attributes.operation !== 'CREATE') return
      const pod = objectAs<Pod>(attributes)
      if (pod.spec === undefined || isMirror(pod)) return
      pod.spec.serviceAccountName ||= 'default'
      pod.spec.serviceAccount = pod.spec.serviceAccountName
      const account = await find(attributes, read, pod.spec.serviceAccountName)
      if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod, random)
      const secrets = account.imagePullSecrets ?? []
      if ((pod.spec.imagePullSecrets ?? []).length === 0 && secrets.length > 0) {
        pod.spec.imagePullSecrets = secrets.map(({ name }) => (name === undefined ? {} : { name }))
      }
    },
    validate: async (attributes, read) => {
      const ephemeral = isFor(attributes, 'pods', 'ephemeralcontainers') && attributes.operation === 'UPDATE'
      if (!ephemeral && !(isFor(attributes, 'pods') && attributes.operation === 'CREATE')) return
      const pod = objectAs<Pod>(attributes)
      if (!ephemeral && isMirror(pod)) return validateMirror(attributes, pod)
      const name = pod.spec?.serviceAccountName
      if (!name) throw refuse(attributes, `no service account specified for pod ${attributes.namespace}/${pod.metadata?.name ?? ''}`)
      const account = await find(attributes, read, name)
      if (!/^(1|t|T|TRUE|true|True)$/.test(account.metadata?.annotations?.['kubernetes.io/enforce-mountable-secrets'] ?? '')) return
      const fault = forbiddenSecretReference(pod, account, ephemeral)
      if (fault !== undefined) throw refuse(attributes, fault)
    },
  }
}

function isMirror({ metadata }: Pod): boolean {
  return Object.hasOwn(metadata?.annotations ?? {}, mirrorAnnotation)
}

function validateMirror(attributes: AdmissionAttributes, pod: Pod): void {
  if (pod.spec?.serviceAccountName) throw refuse(attributes, 'a mirror pod may not reference service accounts')
  if (referencesSecrets(pod)) throw refuse(attributes, 'a mirror pod may not reference secrets')
  const projectsToken = pod.spec?.volumes?.some(({ projected }) =>
    projected?.sources?.some((source) => source.serviceAccountToken !== undefined),
  )
  if (projectsToken) throw refuse(attributes, 'a mirror pod may not use ServiceAccountToken volume projections')
}

/** The account; `default` is waited for, because a controller makes it right after the namespace. Throws 403. */
async function accountOf(
  attributes: AdmissionAttributes,
  read: Reader,
  name: string,
  clock: Clock,
  random: Random,
): Promise<ServiceAccountObject> {
  const { namespace } = attributes
  const attempts = name === 'default' ? attemptsForDefault : 1
  const intervalMs = 100 + random() * 100
  let found = read.get(ServiceAccount, namespace, name)
  for (let attempt = 0; found === undefined && attempt < attempts; attempt++) {
    if (attempt > 0) await sleep(clock, intervalMs)
    await read.refresh()
    found = read.get(ServiceAccount, namespace, name)
  }
  if (found !== undefined) return found
  throw refuse(attributes, `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`)
}

function mountToken(pod: Pod, random: Random): void {
  if (pod.spec === undefined) return
  const { spec } = pod
  const present = spec.volumes?.find(({ name }) => name.startsWith(volumePrefix))
  const name = present?.name ?? generateName(volumePrefix, random)
  const without = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter((container) => !mountsToken(container))
  for (const container of without) container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }]
  if (present === undefined && without.length > 0) spec.volumes = [...(spec.volumes ?? []), { name, projected: tokenVolume() }]
}

function mountsToken({ volumeMounts }: Container): boolean {
  return volumeMounts?.some((mount) => mount.mountPath === mountPath) ?? false
}

/** Token, the cluster's CA and the namespace: what a client in a pod needs. */
function tokenVolume() {
  return {
    sources: [
      { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
    ],
    defaultMode: 420,
  }
}
