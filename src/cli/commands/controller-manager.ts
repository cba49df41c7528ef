// k8ts controller-manager: flags to the settings of controllers.

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { controllers } from '../../../controllers/index.ts'
import { queueMetrics } from '../../client/queue-metrics.ts'
import { type ControllerManagerOptions, chosenControllers, runControllerManager } from '../../controller/manager.ts'
import { openPorts } from '../../controller/open-ports.ts'
import { accountTokenPort } from '../account-token.ts'
import { certificatesPortOfFiles } from '../certificate-signer.ts'
import { defineCommand } from '../command.ts'
import { type FlagValues, UsageError } from '../flags.ts'
import { withHealthServer } from '../health-server.ts'
import { signerFiles } from '../signing-flags.ts'
import { runWorker } from '../worker.ts'
import { controllerManagerFlags } from './controller-manager-flags.ts'

export const command = defineCommand({
  name: 'controller-manager',
  summary: 'Run the controllers',
  flags: controllerManagerFlags,
  async run(values, terminal) {
    const queues = queueMetrics(terminal.clock)
    const server = { address: values['bind-address'], port: values['secure-port'], metrics: queues.text }
    const options = { ...controllerManagerOptions(values), queues }
    await runWorker('kube-controller-manager', values, withHealthServer(runControllerManager, server), options, terminal)
  },
})

function controllerManagerOptions(values: FlagValues<typeof controllerManagerFlags>): ControllerManagerOptions {
  try {
    chosenControllers(controllers, values.controllers)
  } catch (error) {
    throw new UsageError(`invalid argument for "--controllers" flag: ${(error as Error).message}`)
  }
  const rootCa = values['root-ca-file'] === '' ? '' : readFileSync(values['root-ca-file'], 'utf8')
  const tokenKey = values['service-account-private-key-file']
  return {
    available: controllers,
    controllers: values.controllers,
    leaderElect: values['leader-elect'],
    identity: values['leader-elect-identity'] || `${hostname()}_${randomUUID()}`,
    workers: { 'horizontal-pod-autoscaler': values['concurrent-horizontal-pod-autoscaler-syncs'] },
    settings: {
      'certificatesigningrequest-signing': { clusterSigningDurationMs: values['cluster-signing-duration'] },
      'horizontal-pod-autoscaler': {
        syncPeriodMs: values['horizontal-pod-autoscaler-sync-period'],
        downscaleStabilizationMs: values['horizontal-pod-autoscaler-downscale-stabilization'],
        tolerance: values['horizontal-pod-autoscaler-tolerance'],
        cpuInitializationPeriodMs: values['horizontal-pod-autoscaler-cpu-initialization-period'],
        initialReadinessDelayMs: values['horizontal-pod-autoscaler-initial-readiness-delay'],
      },
      'legacy-serviceaccount-token-cleaner': { cleanUpPeriodMs: values['legacy-service-account-token-clean-up-period'] },
      'node-ipam': {
        clusterCidr: values['allocate-node-cidrs'] ? values['cluster-cidr'] : '',
        nodeCidrMaskSize: values['node-cidr-mask-size'],
      },
      'node-lifecycle': {
        nodeMonitorGracePeriodMs: values['node-monitor-grace-period'],
        nodeStartupGracePeriodMs: values['node-startup-grace-period'],
        nodeMonitorPeriodMs: values['node-monitor-period'],
        nodeEvictionRate: values['node-eviction-rate'],
        secondaryNodeEvictionRate: values['secondary-node-eviction-rate'],
        unhealthyZoneThreshold: values['unhealthy-zone-threshold'],
        largeClusterSizeThreshold: values['large-cluster-size-threshold'],
      },
      'persistentvolume-attach-detach': { disableForceDetachOnTimeout: values['disable-force-detach-on-timeout'] },
      'pod-garbage-collector': { terminatedPodGcThreshold: values['terminated-pod-gc-threshold'] },
      'root-ca-certificate-publisher': { rootCa },
      'service-lb': { pool: values['load-balancer-pool'] },
      'serviceaccount-token': { rootCa },
    },
    ports: {
      accountToken: accountTokenPort(tokenKey === '' ? undefined : readFileSync(tokenKey, 'utf8')),
      certificates: certificatesPortOfFiles(signerFiles(values)),
    },
    openPorts,
  }
}
