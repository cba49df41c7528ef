// PriorityLevelConfiguration: how many requests of a level run at once, and how the rest waits.
import type { PriorityLevelConfiguration as PriorityLevelConfigurationObject } from '../../../openapi/types/flowcontrol/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { conditionsErrors } from './flowschema-rules.ts'
import { assuredShares } from './legacy.ts'
import { priorityLevelErrors } from './prioritylevel-rules.ts'

const none = '<none>'

export const PriorityLevelConfiguration = defineKind<PriorityLevelConfigurationObject>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  scope: 'Cluster',
  served: [
    retired('io.k8s.api.flowcontrol', 'flowcontrol.apiserver.k8s.io', 'v1beta3', 'PriorityLevelConfiguration', ['1.29', '1.32']),
    retired(
      'io.k8s.api.flowcontrol',
      'flowcontrol.apiserver.k8s.io',
      'v1beta2',
      'PriorityLevelConfiguration',
      ['1.26', '1.29'],
      assuredShares,
    ),
    retired(
      'io.k8s.api.flowcontrol',
      'flowcontrol.apiserver.k8s.io',
      'v1beta1',
      'PriorityLevelConfiguration',
      ['1.23', '1.26'],
      assuredShares,
    ),
  ],
  subresources: { status: true },
  generation: 'spec',
  defaults: {
    'spec.exempt.nominalConcurrencyShares': 0,
    'spec.exempt.lendablePercent': 0,
    'spec.limited.nominalConcurrencyShares': 30,
    'spec.limited.lendablePercent': 0,
  },
  computeDefaults: (level) => {
    const queuing = level.spec?.limited?.limitResponse?.queuing
    if (queuing === undefined) return
    queuing.handSize ||= 8
    queuing.queues ||= 64
    queuing.queueLengthLimit ||= 50
  },
  validate: priorityLevelErrors,
  validateStatusUpdate: conditionsErrors,
  columns: [
    { name: 'Type', description: 'Limited or Exempt.', value: (level) => level.spec?.type ?? '' },
    {
      name: 'NominalConcurrencyShares',
      description: 'Its part of the whole.',
      value: (level) => level.spec?.limited?.nominalConcurrencyShares ?? none,
    },
    { name: 'Queues', description: 'Number of queues.', value: (level) => level.spec?.limited?.limitResponse?.queuing?.queues ?? none },
    {
      name: 'HandSize',
      description: 'Queues dealt to a flow.',
      value: (level) => level.spec?.limited?.limitResponse?.queuing?.handSize ?? none,
    },
    {
      name: 'QueueLengthLimit',
      description: 'Requests that may wait in a queue.',
      value: (level) => level.spec?.limited?.limitResponse?.queuing?.queueLengthLimit ?? none,
    },
    ageColumn,
  ],
})
