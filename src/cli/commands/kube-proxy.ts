// k8ts kube-proxy: upstream's flags.
import { hostname } from 'node:os'
import { runKubeProxy } from '../../kube-proxy/kube-proxy.ts'
import { defineCommand } from '../command.ts'
import { choiceFlag, durationFlag, stringFlag } from '../flags.ts'
import { runWorker } from '../worker.ts'

export const command = defineCommand({
  name: 'kube-proxy',
  summary: 'Compute the service rules of a node',
  flags: {
    'cluster-cidr': stringFlag('Pod range: traffic to service addresses from outside it is masqueraded'),
    'hostname-override': stringFlag('Name of the node (default: the host name)'),
    'iptables-min-sync-period': durationFlag('Least time between two syncs', 1000),
    kubeconfig: stringFlag('File with the address and credentials of the API server'),
    master: stringFlag('URL of the API server; overrides the kubeconfig'),
    'proxy-mode': choiceFlag('none computes the rules without applying them', ['none'], 'none'),
  },
  async run(values, terminal) {
    const clusterCidr = values['cluster-cidr']
    const options = {
      nodeName: values['hostname-override'] || hostname().toLowerCase(),
      families: ['IPv4', 'IPv6'] as const,
      minSyncPeriodMs: values['iptables-min-sync-period'],
      ...(clusterCidr === '' ? {} : { clusterCidr }),
    }
    await runWorker('kube-proxy', values, runKubeProxy, options, terminal)
  },
})
