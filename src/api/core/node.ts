// Node: a machine that runs pods.
import type { Node as NodeObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { computeNodeDefaults, validateNode, validateNodeStatusUpdate, validateNodeUpdate } from './node-rules.ts'

export const Node = defineKind<NodeObject>({
  group: '',
  version: 'v1',
  kind: 'Node',
  resource: 'nodes',
  shortNames: ['no'],
  scope: 'Cluster',
  subresources: { status: true, others: ['proxy'] },
  nameRule: 'dns-subdomain',
  statusOnCreate: true,
  computeDefaults: computeNodeDefaults,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeStatusUpdate,
  warnings: nodeWarnings,
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
  columns: [
    { name: 'Status', description: 'The status of the node', value: nodeStatus },
    { name: 'Roles', description: 'The roles of the node', value: nodeRoles },
    ageColumn,
    { name: 'Version', description: 'Version of the kubelet.', value: ({ status }) => status?.nodeInfo?.kubeletVersion ?? '' },
    { name: 'Internal-IP', priority: 1, description: 'First internal address.', value: (node) => addressOf(node, 'InternalIP') },
    { name: 'External-IP', priority: 1, description: 'First external address.', value: (node) => addressOf(node, 'ExternalIP') },
    { name: 'OS-Image', priority: 1, description: 'Operating system.', value: ({ status }) => status?.nodeInfo?.osImage || '<unknown>' },
    {
      name: 'Kernel-Version',
      priority: 1,
      description: 'Version of the kernel.',
      value: ({ status }) => status?.nodeInfo?.kernelVersion || '<unknown>',
    },
    {
      name: 'Container-Runtime',
      priority: 1,
      description: 'Name and version of the container runtime.',
      value: ({ status }) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    },
  ],
})

/** Whether the node's Ready condition is True. */
export function isNodeReady(node: NodeObject): boolean {
  return node.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false
}

/** The address of the given type (InternalIP, ExternalIP, Hostname …), or `<none>`. */
function addressOf({ status }: NodeObject, type: string): string {
  return status?.addresses?.find((address) => address.type === type)?.address ?? '<none>'
}

function nodeStatus({ spec, status }: NodeObject): string {
  const ready = status?.conditions?.findLast((condition) => condition.type === 'Ready')
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec?.unschedulable ? `${text},SchedulingDisabled` : text
}

const rolePrefix = 'node-role.kubernetes.io/'

function nodeRoles({ metadata }: NodeObject): string {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(metadata?.labels ?? {})) {
    if (key.startsWith(rolePrefix)) roles.add(key.slice(rolePrefix.length))
    else if (key === 'kubernetes.io/role') roles.add(value)
  }
  roles.delete('')
  return [...roles].sort().join(',') || '<none>'
}

function nodeWarnings({ spec }: NodeObject): string[] {
  const warnings: string[] = []
  if (spec?.configSource !== undefined) warnings.push('spec.configSource: the feature is removed and this field is ignored')
  if (spec?.externalID) warnings.push('spec.externalID: this field is deprecated, and is unused by Kubernetes')
  return warnings
}
