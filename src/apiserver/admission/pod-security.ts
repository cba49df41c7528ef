// PodSecurity: the Pod Security Standards as a namespace's labels demand them: refused (enforce) or warned of (warn).
import type { Namespace as NamespaceObject, Pod as PodObject, PodSpec } from '../../../openapi/types/core/v1.ts'
import { Namespace } from '../../api/core/namespace.ts'
import { Pod } from '../../api/core/pod/index.ts'
import { invalid, qualifiedResource } from '../../apimachinery/api-error.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import type { KubeObject, ObjectMeta } from '../../apimachinery/meta.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { allContainers } from './pod-containers.ts'
import { type LevelVersion, levels, levelText, policyOf, violations, violationsText } from './pod-security/policy.ts'
import { objectAs, oldObjectAs, refuse } from './refuse.ts'

/** Resources that make pods of a template: warned of, never refused. */
const controllers = new Set([
  'replicationcontrollers',
  'podtemplates',
  'replicasets.apps',
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'cronjobs.batch',
])
const maxPodsToCheck = 3000

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  on: ['CREATE', 'UPDATE'],
  validate: (attributes, read) => {
    const resource = qualifiedResource(attributes.kind)
    const { subresource = '' } = attributes
    if (resource === 'namespaces' && subresource === '') return checkNamespace(attributes, read)
    if (resource === 'pods' && ['', 'ephemeralcontainers', 'resize'].includes(subresource)) return checkPod(attributes, read)
    if (controllers.has(resource) && subresource === '') checkController(attributes, read)
  },
}

function checkPod(attributes: AdmissionAttributes, read: Reader): void {
  const pod = objectAs<PodObject>(attributes)
  const { policy } = policyOf(read.get(Namespace, undefined, attributes.namespace ?? '')?.metadata?.labels)
  if (attributes.operation === 'UPDATE' && !bringsImages(pod, oldObjectAs<PodObject>(attributes))) return
  if (pod.spec === undefined) return
  const found = violations(policy.enforce, pod.metadata ?? {}, pod.spec)
  if (found.length > 0)
    throw refuse(attributes, `violates PodSecurity ${JSON.stringify(levelText(policy.enforce))}: ${violationsText(found)}`)
  warn(attributes, policy.warn, pod.metadata ?? {}, pod.spec)
}

/** Only new containers and images can change the verdict on a pod. */
function bringsImages(pod: PodObject, old: PodObject | undefined): boolean {
  const images = (one: PodObject | undefined) =>
    allContainers(one?.spec).map(({ container, type }) => [type, container.name, container.image])
  return !semanticDeepEqual(images(pod), images(old))
}

function checkController(attributes: AdmissionAttributes, read: Reader): void {
  const { policy } = policyOf(read.get(Namespace, undefined, attributes.namespace ?? '')?.metadata?.labels)
  if (policy.warn.level === 'privileged') return
  const template = templateOf(attributes.object)
  if (template?.spec !== undefined) warn(attributes, policy.warn, template.metadata ?? {}, template.spec)
}

interface Template {
  metadata?: ObjectMeta
  spec?: PodSpec
}

function templateOf(object: KubeObject | undefined): Template | undefined {
  const { spec, template } = (object ?? {}) as {
    spec?: { template?: Template; jobTemplate?: { spec?: { template?: Template } } }
    template?: Template
  }
  return template ?? spec?.template ?? spec?.jobTemplate?.spec?.template
}

function warn(attributes: AdmissionAttributes, wanted: LevelVersion, metadata: ObjectMeta, spec: PodSpec): void {
  const found = violations(wanted, metadata, spec)
  if (found.length > 0) attributes.warnings.push(`would violate PodSecurity ${JSON.stringify(levelText(wanted))}: ${violationsText(found)}`)
}

/** Labels must be right when they are new; a stricter level is told what it would have refused. */
function checkNamespace(attributes: AdmissionAttributes, read: Reader): void {
  const namespace = objectAs<NamespaceObject>(attributes)
  const { policy, errors } = policyOf(namespace.metadata?.labels)
  const old = attributes.operation === 'UPDATE' ? policyOf(oldObjectAs<NamespaceObject>(attributes)?.metadata?.labels) : undefined
  if (errors.length > 0 && !semanticDeepEqual(errors, old?.errors ?? [])) {
    throw invalid({ group: '', kind: 'Namespace' }, namespace.metadata?.name ?? '', errors)
  }
  if (old === undefined || policy.enforce.level === 'privileged') return
  const before = old.policy.enforce
  const stricter = levels.indexOf(policy.enforce.level) > levels.indexOf(before.level)
  if (!stricter && policy.enforce.minor === before.minor) return
  attributes.warnings.push(...podWarnings(namespace.metadata?.name ?? '', policy.enforce, read))
}

/** `web (and 2 other pods): privileged`: pods with the same faults together. */
function podWarnings(namespace: string, wanted: LevelVersion, read: Reader): string[] {
  const pods = read.list(Pod, namespace)
  const byFault = new Map<string, string[]>()
  for (const { metadata, spec } of pods.slice(0, maxPodsToCheck)) {
    const faults = spec === undefined ? [] : violations(wanted, metadata ?? {}, spec).map(({ reason }) => reason)
    if (faults.length > 0) byFault.set(faults.join(', '), [...(byFault.get(faults.join(', ')) ?? []), metadata?.name ?? ''])
  }
  const lines = [...byFault].map(([fault, names]) => {
    const others = names.length - 1
    const more = others === 0 ? '' : others === 1 ? ' (and 1 other pod)' : ` (and ${others} other pods)`
    return `${names.sort()[0]}${more}: ${fault}`
  })
  const cut = `new PodSecurity enforce level only checked against the first ${maxPodsToCheck} of ${pods.length} existing pods`
  const head = `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(levelText(wanted))}`
  return [...(pods.length > maxPodsToCheck ? [cut] : []), ...(lines.length > 0 ? [head] : []), ...lines.sort()]
}
