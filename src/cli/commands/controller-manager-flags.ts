// The controller-manager's flags: upstream's names. A flag that is not here is refused by name.

import { booleanFlag, cidrsFlag, durationFlag, integerFlag, listFlag, numberFlag, stringFlag } from '../flags.ts'
import { signingFlags } from '../signing-flags.ts'

export const controllerManagerFlags = {
  'allocate-node-cidrs': booleanFlag('Give each node a pod range out of --cluster-cidr'),
  'bind-address': stringFlag('Address on which to serve /healthz, /livez, /readyz and /metrics', '0.0.0.0'),
  'cluster-cidr': stringFlag('Range of pod addresses'),
  ...signingFlags,
  'concurrent-horizontal-pod-autoscaler-syncs': integerFlag('HorizontalPodAutoscalers looked at at the same time', 5, {
    min: 1,
    max: 1000,
  }),
  controllers: listFlag('Controllers to run: * = all, name = this one, -name = not this one', ['*']),
  'disable-force-detach-on-timeout': booleanFlag('Never detach a volume of a node that does not answer while it is still mounted there'),
  'horizontal-pod-autoscaler-cpu-initialization-period': durationFlag(
    'Time after the start of a pod in which its CPU counts only from one window after it became ready',
    300_000,
  ),
  'horizontal-pod-autoscaler-downscale-stabilization': durationFlag(
    'Time for which the highest recommendation holds before a HorizontalPodAutoscaler without own window scales down',
    300_000,
  ),
  'horizontal-pod-autoscaler-initial-readiness-delay': durationFlag(
    'Time after the start of a pod in which becoming unready means that it has never been ready',
    30_000,
  ),
  'horizontal-pod-autoscaler-sync-period': durationFlag('Time between two looks at a HorizontalPodAutoscaler', 15_000),
  'horizontal-pod-autoscaler-tolerance': numberFlag('Share by which a metric may miss its target before anything is scaled', 0.1, {
    min: 0,
  }),
  kubeconfig: stringFlag('File with the address and credentials of the API server'),
  'large-cluster-size-threshold': integerFlag(
    'Nodes above which a zone with many ill nodes still has pods driven off, at the secondary rate',
    50,
  ),
  'leader-elect': booleanFlag('Run only while leading, so that several managers may run', true),
  'leader-elect-identity': stringFlag(
    'Name under which to lead; whoever has it takes over its own lease at once (default: host name and a random id)',
  ),
  'legacy-service-account-token-clean-up-period': durationFlag(
    'How long a service account token that was not asked for may lie unused before it is taken away',
    365 * 86_400_000,
  ),
  'load-balancer-pool': cidrsFlag('Ranges out of which services of type LoadBalancer get addresses; without one they stay pending'),
  master: stringFlag('URL of the API server; overrides the kubeconfig'),
  'node-cidr-mask-size': integerFlag('Prefix length of the range of a node', 24, { min: 8, max: 30 }),
  'node-eviction-rate': numberFlag('Nodes of a healthy zone that pods may be driven off, a second', 0.1, { min: 0 }),
  'node-monitor-grace-period': durationFlag('Silence after which a node is marked Unknown', 50_000),
  'node-monitor-period': durationFlag('Time between two looks at a node that is not ready', 5000),
  'node-startup-grace-period': durationFlag('Silence after which a node that has just begun is marked Unknown', 60_000),
  'root-ca-file': stringFlag('PEM file published as the ConfigMap kube-root-ca.crt'),
  'secondary-node-eviction-rate': numberFlag('Nodes of a large zone with many ill nodes that pods may be driven off, a second', 0.01, {
    min: 0,
  }),
  'secure-port': integerFlag('HTTPS port of /healthz, /livez, /readyz and /metrics; 0 serves nothing', 10_257, { min: 0, max: 65_535 }),
  'service-account-private-key-file': stringFlag(
    'PEM private key that signs tokens in Secrets of type kubernetes.io/service-account-token',
  ),
  'service-cluster-ip-range': stringFlag('CIDR of service addresses'),
  'terminated-pod-gc-threshold': integerFlag('Ended pods that may stay before the oldest are deleted; 0 or less: all may', 12_500),
  'unhealthy-zone-threshold': numberFlag('Share of nodes not ready from which a zone counts as ill; at least three nodes must be', 0.55, {
    min: 0,
    max: 1,
  }),
}
