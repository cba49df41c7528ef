// NetworkPolicy: which traffic a set of pods may have.
import type { NetworkPolicy as NetworkPolicyObject } from '../../../openapi/types/networking/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { formatLabelSelector } from '../apps/label-selector.ts'
import { legacyVersion } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { networkPolicyDefaults, networkPolicyErrors } from './networkpolicy-rules.ts'

export const NetworkPolicy = defineKind<NetworkPolicyObject>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  shortNames: ['netpol'],
  scope: 'Namespaced',
  served: [
    legacyVersion('extensions', 'v1beta1', {
      kind: 'NetworkPolicy',
      use: 'networking.k8s.io/v1',
      schemaName: 'io.k8s.api.extensions.v1beta1.NetworkPolicy',
      deprecated: '1.9',
      removed: '1.16',
    }),
  ],
  generation: 'spec',
  computeDefaults: networkPolicyDefaults,
  validate: (policy) => networkPolicyErrors(policy),
  columns: [
    { name: 'Pod-Selector', description: 'The pods it applies to.', value: (policy) => formatLabelSelector(policy.spec?.podSelector) },
    ageColumn,
  ],
})
