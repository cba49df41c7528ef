// k8ts controller-manager: upstream's flags.

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { controllers } from '../../../controllers/index.ts'
import { type ControllerManagerOptions, chosenControllers, runControllerManager } from '../../controller/manager.ts'
import { openPorts } from '../../controller/open-ports.ts'
import { defineCommand } from '../command.ts'
import { booleanFlag, durationFlag, type FlagValues, integerFlag, listFlag, stringFlag, UsageError } from '../flags.ts'
import { runWorker } from '../worker.ts'

const flags = {
  'allocate-node-cidrs': booleanFlag('Give each node a pod range out of --cluster-cidr'),
  'cluster-cidr': stringFlag('Range of pod addresses'),
  controllers: listFlag('Controllers to run: * = all, name = this one, -name = not this one', ['*']),
  kubeconfig: stringFlag('File with the address and credentials of the API server'),
  'leader-elect': booleanFlag('Run only while leading, so that several managers may run', true),
  'leader-elect-identity': stringFlag(
    'Name under which to lead; whoever has it takes over its own lease at once (default: host name and a random id)',
  ),
  master: stringFlag('URL of the API server; overrides the kubeconfig'),
  'node-cidr-mask-size': integerFlag('Prefix length of the range of a node', 24, { min: 8, max: 30 }),
  'node-monitor-grace-period': durationFlag('Silence after which a node is marked Unknown', 50_000),
  'node-startup-grace-period': durationFlag('Silence after which a node that has just begun is marked Unknown', 60_000),
  'root-ca-file': stringFlag('PEM file published as the ConfigMap kube-root-ca.crt'),
  'service-account-private-key-file': stringFlag('PEM private key for legacy service account tokens'),
  'service-cluster-ip-range': stringFlag('CIDR of service addresses'),
  'terminated-pod-gc-threshold': integerFlag('Ended pods that may stay before the oldest are deleted; 0 or less: all may', 12_500),
}

export const command = defineCommand({
  name: 'controller-manager',
  summary: 'Run the controllers',
  flags,
  async run(values, terminal) {
    await runWorker('kube-controller-manager', values, runControllerManager, controllerManagerOptions(values), terminal)
  },
})

function controllerManagerOptions(values: FlagValues<typeof flags>): ControllerManagerOptions {
  try {
    chosenControllers(controllers, values.controllers)
  } catch (error) {
    throw new UsageError(`invalid argument for "--controllers" flag: ${(error as Error).message}`)
  }
  return {
    available: controllers,
    controllers: values.controllers,
    leaderElect: values['leader-elect'],
    identity: values['leader-elect-identity'] || `${hostname()}_${randomUUID()}`,
    settings: {
      'node-ipam': {
        clusterCidr: values['allocate-node-cidrs'] ? values['cluster-cidr'] : '',
        nodeCidrMaskSize: values['node-cidr-mask-size'],
      },
      'node-lifecycle': {
        nodeMonitorGracePeriodMs: values['node-monitor-grace-period'],
        nodeStartupGracePeriodMs: values['node-startup-grace-period'],
      },
      'pod-garbage-collector': { terminatedPodGcThreshold: values['terminated-pod-gc-threshold'] },
      'root-ca-certificate-publisher': { rootCa: values['root-ca-file'] === '' ? '' : readFileSync(values['root-ca-file'], 'utf8') },
    },
    ports: {},
    openPorts,
  }
}
