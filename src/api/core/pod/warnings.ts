// Warnings about pods and templates: what is accepted, but hardly meant. Texts: pkg/api/pod/warnings.go upstream.
import type { Container, ContainerPort, Pod, PodSpec, PodTemplateSpec } from '../../../../openapi/types/core/v1.ts'
import type { Path } from '../../../apimachinery/field-errors.ts'
import { at } from '../../../apimachinery/field-errors.ts'
import { dns1123Label } from '../../../apimachinery/names.ts'
import { milliValue } from '../../../apimachinery/quantity.ts'
import { nodeLabelWarning } from '../../shared/node-labels.ts'
import { containersWithPath } from './containers.ts'
import { appArmorPrefix } from './validate-security.ts'

type Annotations = Readonly<Record<string, string>>

/** Warnings on create; updates of pods come from controllers and are not warned about. */
export function podWarnings(pod: Pod, old: Pod | undefined): string[] {
  if (old !== undefined) return []
  const messages = dns1123Label(pod.metadata?.name ?? '')
  const hostname = `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${messages.join(' ')}]`
  const warnings = messages.length === 0 ? [] : [hostname]
  return [...warnings, ...specWarnings(pod.spec ?? { containers: [] }, pod.metadata?.annotations ?? {}, at(), false)]
}

/** Warnings about a template at `path`. */
export function podTemplateWarnings(template: PodTemplateSpec | undefined, path: Path): string[] {
  if (template === undefined) return []
  return specWarnings(template.spec ?? { containers: [] }, template.metadata?.annotations ?? {}, path, true)
}

function specWarnings(spec: PodSpec, annotations: Annotations, root: Path, isTemplate: boolean): string[] {
  const path = root.child('spec')
  const warnings = [
    ...nodeWarnings(spec, path),
    ...annotationWarnings(annotations, root.child('metadata', 'annotations')),
    ...volumeWarnings(spec, path.child('volumes')),
    ...repeated(
      spec.hostAliases?.map(({ ip }) => ip),
      (index, ip) => `${path.child('hostAliases').index(index).child('ip')}: duplicate ip ${JSON.stringify(ip)}`,
    ),
    ...pullSecretWarnings(spec, path.child('imagePullSecrets')),
    ...fractionalWarnings(spec.overhead, path.child('overhead')),
  ]
  const podSeccomp = spec.securityContext?.seccompProfile
  if (!podSeccomp && annotations[seccompPodKey] !== undefined) warnings.push(seccompWarning(root, seccompPodKey))
  for (const [container, where] of containersWithPath(spec, path)) {
    warnings.push(...containerWarnings(container, spec, annotations, where, root, isTemplate))
  }
  warnings.push(...portWarnings(spec, path))
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    warnings.push(`${path.child('terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`)
  }
  return [...warnings, ...affinityWarnings(spec, path.child('affinity'))]
}

function nodeWarnings(spec: PodSpec, path: Path): string[] {
  const warnings: string[] = []
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const message = nodeLabelWarning(key)
    if (message) warnings.push(`${path.child('nodeSelector').key(key)}: ${message}`)
  }
  const affinity = spec.affinity?.nodeAffinity
  const field = 'requiredDuringSchedulingIgnoredDuringExecution'
  const terms = (affinity?.[field]?.nodeSelectorTerms ?? []).map(
    (term, index) => [term, path.child('affinity', 'nodeAffinity', field, 'nodeSelectorTerms').index(index)] as const,
  )
  const preferredField = 'preferredDuringSchedulingIgnoredDuringExecution'
  const preferred = (affinity?.[preferredField] ?? []).map(
    ({ preference }, index) =>
      [preference, path.child('affinity', 'nodeAffinity', preferredField).index(index).child('preference')] as const,
  )
  for (const [term, where] of [...terms, ...preferred]) {
    for (const [index, { key }] of (term?.matchExpressions ?? []).entries()) {
      const message = nodeLabelWarning(key)
      if (message) warnings.push(`${where.child('matchExpressions').index(index).child('key')}: ${key} is ${message}`)
    }
  }
  for (const [index, { topologyKey, labelSelector }] of (spec.topologySpreadConstraints ?? []).entries()) {
    const where = path.child('topologySpreadConstraints').index(index)
    const message = nodeLabelWarning(topologyKey)
    if (message) warnings.push(`${where.child('topologyKey')}: ${topologyKey} is ${message}`)
    if (labelSelector === undefined) warnings.push(`${where.child('labelSelector')}: a null labelSelector results in matching no pod`)
  }
  return warnings
}

const deprecatedAnnotations: readonly (readonly [string, string])[] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
]

function annotationWarnings(annotations: Annotations, path: Path): string[] {
  return deprecatedAnnotations.filter(([key]) => annotations[key] !== undefined).map(([key, message]) => `${path.key(key)}: ${message}`)
}

const deprecatedVolumes = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const

function volumeWarnings({ volumes }: PodSpec, path: Path): string[] {
  return (volumes ?? []).flatMap((volume, index) =>
    Object.entries(deprecatedVolumes)
      .filter(([field]) => volume[field as keyof typeof deprecatedVolumes] !== undefined)
      .map(([field, message]) => `${path.index(index).child(field === 'storageos' ? 'storageOS' : field)}: ${message}`),
  )
}

/** One text for each value that stood before. */
function repeated(values: readonly string[] | undefined, text: (index: number, value: string) => string): string[] {
  return (values ?? []).flatMap((value, index, all) => (all.indexOf(value) < index ? [text(index, value)] : []))
}

function pullSecretWarnings({ imagePullSecrets }: PodSpec, path: Path): string[] {
  const names = (imagePullSecrets ?? []).map(({ name }) => name ?? '')
  const text = (what: string) => (index: number, name: string) => `${path.index(index).child('name')}: ${what} name ${JSON.stringify(name)}`
  return [
    ...repeated(names, text('duplicate')),
    ...names.flatMap((name, index) => (name === '' ? [text('invalid empty')(index, name)] : [])),
  ]
}

function fractionalWarnings(amounts: Readonly<Record<string, string>> | undefined, path: Path): string[] {
  return ['memory', 'ephemeral-storage'].flatMap((name) => {
    const value = amounts?.[name]
    if (value === undefined || milliValue(value) % 1000 === 0) return []
    return [`${path.key(name)}: fractional byte value ${JSON.stringify(value)} is invalid, must be an integer`]
  })
}

const seccompPodKey = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompContainerPrefix = 'container.seccomp.security.alpha.kubernetes.io/'

function seccompWarning(root: Path, key: string): string {
  return `${root.child('metadata', 'annotations').key(key)}: non-functional in v1.27+; use the "seccompProfile" field instead`
}

function containerWarnings(
  { name, securityContext, resources, env }: Container,
  spec: PodSpec,
  annotations: Annotations,
  path: Path,
  root: Path,
  isTemplate: boolean,
): string[] {
  const warnings: string[] = []
  if (!securityContext?.seccompProfile && annotations[seccompContainerPrefix + name] !== undefined) {
    warnings.push(seccompWarning(root, seccompContainerPrefix + name))
  }
  const hasProfile = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile
  if (isTemplate && !hasProfile && annotations[appArmorPrefix + name] !== undefined) {
    const where = root.child('metadata', 'annotations').key(appArmorPrefix + name)
    warnings.push(`${where}: deprecated since v1.30; use the "appArmorProfile" field instead`)
  }
  for (const list of ['limits', 'requests'] as const) warnings.push(...fractionalWarnings(resources?.[list], path.child('resources', list)))
  const seen = new Set<string>()
  for (const [index, { name: variable, value = '', valueFrom }] of (env ?? []).entries()) {
    const hides = seen.has(variable) && (valueFrom !== undefined || value === `$(${variable})` || !value.includes(`$(${variable})`))
    if (hides) {
      const text = `hides previous definition of ${JSON.stringify(variable)}, which may be dropped when using apply`
      warnings.push(`${path.child('env').index(index)}: ${text}`)
    }
    seen.add(variable)
  }
  return warnings
}

function portWarnings(spec: PodSpec, path: Path): string[] {
  const warnings: string[] = []
  const all = new Map<string, { where: Path; port: ContainerPort }[]>()
  for (const [container, containerPath] of containersWithPath(spec, path)) {
    for (const [index, port] of (container.ports ?? []).entries()) {
      const where = containerPath.child('ports').index(index)
      const key = `${port.containerPort}/${port.protocol}`
      const others = all.get(key) ?? []
      for (const other of others) {
        const word = clash(port, other.port)
        if (word !== undefined) warnings.push(`${where}: ${word} port definition with ${other.where}`)
      }
      all.set(key, [...others, { where, port }])
    }
  }
  return warnings
}

function clash(a: ContainerPort, b: ContainerPort): string | undefined {
  const [ip, otherIP, port, otherPort] = [a.hostIP ?? '', b.hostIP ?? '', a.hostPort ?? 0, b.hostPort ?? 0]
  if (ip === otherIP && port === otherPort) return 'duplicate'
  if (port === 0 || otherPort === 0) return 'overlapping'
  return port === otherPort && (ip === '') !== (otherIP === '') ? 'dangerously ambiguous' : undefined
}

function affinityWarnings({ affinity }: PodSpec, path: Path): string[] {
  const warnings: string[] = []
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const required = 'requiredDuringSchedulingIgnoredDuringExecution'
    const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
    const terms = [
      ...(affinity?.[kind]?.[required] ?? []).map((term, index) => [term, path.child(kind, required).index(index)] as const),
      ...(affinity?.[kind]?.[preferred] ?? []).map(
        ({ podAffinityTerm }, index) => [podAffinityTerm, path.child(kind, preferred).index(index).child('podAffinityTerm')] as const,
      ),
    ]
    for (const [term, where] of terms) {
      if (term?.labelSelector === undefined)
        warnings.push(`${where.child('labelSelector')}: a null labelSelector results in matching no pod`)
    }
  }
  return warnings
}
