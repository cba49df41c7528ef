// Defaults of a pod spec, wherever one is embedded: in pods, pod templates and everything that has a template.
// The static ones are data by field path; the computed ones mutate the draft. Values: pkg/apis/core/v1/defaults.go upstream.
import type { Container, EphemeralContainer, PodSpec, PodTemplateSpec, Volume } from '../../../openapi/types/core/v1.ts'
import { imageTag } from './image-reference.ts'

const containerLists = ['containers', 'initContainers', 'ephemeralContainers'] as const

const httpGetDefaults = { path: '/', scheme: 'HTTP' }

const probeDefaults = {
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
  'grpc.service': '',
  ...under('httpGet', httpGetDefaults),
}

const containerDefaults = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  'ports[*].protocol': 'TCP',
  'env[*].valueFrom.fieldRef.apiVersion': 'v1',
  ...under('livenessProbe', probeDefaults),
  ...under('readinessProbe', probeDefaults),
  ...under('startupProbe', probeDefaults),
  ...under('lifecycle.postStart.httpGet', httpGetDefaults),
  ...under('lifecycle.preStop.httpGet', httpGetDefaults),
}

/** File mode 0644. */
const defaultFileMode = 420

const volumeDefaults = {
  'secret.defaultMode': defaultFileMode,
  'configMap.defaultMode': defaultFileMode,
  'downwardAPI.defaultMode': defaultFileMode,
  'downwardAPI.items[*].fieldRef.apiVersion': 'v1',
  'projected.defaultMode': defaultFileMode,
  'projected.sources[*].downwardAPI.items[*].fieldRef.apiVersion': 'v1',
  'projected.sources[*].serviceAccountToken.expirationSeconds': 3600,
  'ephemeral.volumeClaimTemplate.spec.volumeMode': 'Filesystem',
}

/** Defaults of the volume sources that pods and PersistentVolumes share, by path below the source's parent. */
export const volumeSourceDefaults: Readonly<Record<string, unknown>> = {
  'hostPath.type': '',
  'iscsi.iscsiInterface': 'default',
  'rbd.pool': 'rbd',
  'rbd.user': 'admin',
  'rbd.keyring': '/etc/ceph/keyring',
  'azureDisk.cachingMode': 'ReadWrite',
  'azureDisk.fsType': 'ext4',
  'azureDisk.readOnly': false,
  'azureDisk.kind': 'Shared',
  'scaleIO.storageMode': 'ThinProvisioned',
  'scaleIO.fsType': 'xfs',
}

/** Static defaults of a pod spec at `prefix`, for the `defaults` of a kind: `podSpecDefaults('spec.template.spec')`. */
export function podSpecDefaults(prefix: string): Record<string, unknown> {
  return under(prefix, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    ...Object.assign({}, ...containerLists.map((list) => under(`${list}[*]`, containerDefaults))),
    ...under('volumes[*]', { ...volumeDefaults, ...volumeSourceDefaults }),
  })
}

/** Prefixes every path of a table of defaults. */
export function under(prefix: string, defaults: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(defaults).map(([path, value]) => [`${prefix}.${path}`, value]))
}

/** Defaults of a pod spec that depend on other fields: image pull policies, emptyDir, the two names of the service account. Mutates. */
export function computePodSpecDefaults(spec: PodSpec | undefined): void {
  if (spec === undefined) return
  for (const container of allContainers(spec)) container.imagePullPolicy ||= pullPolicy(container.image)
  for (const volume of spec.volumes ?? []) computeVolumeDefaults(volume)
  syncServiceAccount(spec)
}

/** The same for a template; also drops the annotations in which init containers lived before v1.8. Mutates. */
export function computePodTemplateDefaults(template: PodTemplateSpec | undefined): void {
  dropInitContainerAnnotations(template?.metadata?.annotations)
  computePodSpecDefaults(template?.spec)
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are always shown. Mutates. */
export function syncServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount
  if (!name) return
  spec.serviceAccountName = name
  spec.serviceAccount = name
}

const initContainerAnnotations = [
  'pod.beta.kubernetes.io/init-containers',
  'pod.alpha.kubernetes.io/init-containers',
  'pod.beta.kubernetes.io/init-container-statuses',
  'pod.alpha.kubernetes.io/init-container-statuses',
]

/** Removes annotations that once carried init containers, so that old clients see no difference. Mutates. */
export function dropInitContainerAnnotations(annotations: Record<string, string> | undefined): void {
  if (annotations === undefined) return
  for (const key of initContainerAnnotations) delete annotations[key]
}

function allContainers(spec: PodSpec): (Container | EphemeralContainer)[] {
  return [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
}

/** Always for the tag latest (or none), else IfNotPresent; also for what cannot be parsed. */
function pullPolicy(image: string | undefined): string {
  return imageTag(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent'
}

function computeVolumeDefaults(volume: Volume): void {
  if (volume.image) volume.image.pullPolicy ||= pullPolicy(volume.image.reference)
  const hasSource = Object.entries(volume).some(([field, value]) => field !== 'name' && value !== undefined && value !== null)
  if (!hasSource) volume.emptyDir = {}
}
