// k8ts scheduler: upstream's flags.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { runScheduler } from '../../scheduler/scheduler.ts'
import { defineCommand } from '../command.ts'
import { booleanFlag, stringFlag } from '../flags.ts'
import { runWorker } from '../worker.ts'

export const command = defineCommand({
  name: 'scheduler',
  summary: 'Assign pods to nodes',
  flags: {
    kubeconfig: stringFlag('File with the address and credentials of the API server'),
    'leader-elect': booleanFlag('Run only while leading, so that several schedulers may run', true),
    master: stringFlag('URL of the API server; overrides the kubeconfig'),
  },
  async run(values, terminal) {
    const options = { leaderElect: values['leader-elect'], identity: `${hostname()}_${randomUUID()}` }
    await runWorker('kube-scheduler', values, runScheduler, options, terminal)
  },
})
