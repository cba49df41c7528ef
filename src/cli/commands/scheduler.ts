// k8ts scheduler: upstream's flags.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { SchedulerConfiguration } from '../../scheduler/configuration.ts'
import { runScheduler, type SchedulerOptions } from '../../scheduler/scheduler.ts'
import { defineCommand } from '../command.ts'
import { booleanFlag, durationFlag, durationMs, type FlagValues, stringFlag, UsageError } from '../flags.ts'
import { runWorker } from '../worker.ts'

const flags = {
  config: stringFlag('File with a KubeSchedulerConfiguration: profiles, plugins, their weights and arguments'),
  kubeconfig: stringFlag('File with the address and credentials of the API server'),
  'leader-elect': booleanFlag('Run only while leading, so that several schedulers may run', true),
  'leader-elect-identity': stringFlag(
    'Name under which to lead; whoever has it takes over its own lease at once (default: host name and a random id)',
  ),
  'leader-elect-lease-duration': durationFlag('Time after which others may take over from a silent leader', 15_000),
  'leader-elect-renew-deadline': durationFlag('Time a leader tries to renew before it gives up', 10_000),
  'leader-elect-resource-name': stringFlag('Name of the lease', 'kube-scheduler'),
  'leader-elect-resource-namespace': stringFlag('Namespace of the lease', 'kube-system'),
  'leader-elect-retry-period': durationFlag('Time between two attempts to lead', 2000),
  master: stringFlag('URL of the API server; overrides the kubeconfig'),
}

export const command = defineCommand({
  name: 'scheduler',
  summary: 'Assign pods to nodes',
  flags,
  async run(values, terminal, _, given) {
    const configuration = values.config === '' ? undefined : await configurationOf(values.config)
    const kubeconfig = values.kubeconfig || configuration?.kubeconfig || ''
    const access = { ...values, kubeconfig }
    const options = { ...schedulerOptions(values, given, configuration), ...(await extendersOf(configuration)) }
    await runWorker('kube-scheduler', access, runScheduler, options, terminal)
  },
})

/** The reader and its schemas are loaded only by those who have such a file. */
async function configurationOf(file: string): Promise<SchedulerConfiguration> {
  const { parse } = await import('yaml')
  const { readConfiguration } = await import('../../scheduler/configuration.ts')
  try {
    return readConfiguration(parse(readFileSync(file, 'utf8'), { maxAliasCount: 100 }))
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`)
  }
}

async function extendersOf(configuration: SchedulerConfiguration | undefined): Promise<Pick<SchedulerOptions, 'extenders'>> {
  if (configuration === undefined || configuration.extenders.length === 0) return {}
  const { connectExtenders } = await import('../extenders.ts')
  try {
    return { extenders: connectExtenders(configuration.extenders) }
  } catch (error) {
    throw new UsageError(`extenders: ${(error as Error).message}`)
  }
}

/** With a file, it decides; flags that were given still win over what it says of leader election. */
function schedulerOptions(
  values: FlagValues<typeof flags>,
  given: ReadonlySet<string>,
  configuration: SchedulerConfiguration | undefined,
): SchedulerOptions {
  const { leaderElection = {}, profiles, podInitialBackoffMs, podMaxBackoffMs } = configuration ?? {}
  const chosen = <T>(flag: keyof typeof flags, fromFile: T | undefined): T =>
    given.has(flag) || fromFile === undefined ? (values[flag] as T) : fromFile
  const ms = (text: string | undefined) => (text === undefined ? undefined : durationMs(text))
  return {
    leaderElect: chosen('leader-elect', leaderElection.leaderElect),
    identity: values['leader-elect-identity'] || `${hostname()}_${randomUUID()}`,
    lease: {
      name: chosen('leader-elect-resource-name', leaderElection.resourceName),
      namespace: chosen('leader-elect-resource-namespace', leaderElection.resourceNamespace),
      leaseDurationMs: chosen('leader-elect-lease-duration', ms(leaderElection.leaseDuration)),
      renewDeadlineMs: chosen('leader-elect-renew-deadline', ms(leaderElection.renewDeadline)),
      retryPeriodMs: chosen('leader-elect-retry-period', ms(leaderElection.retryPeriod)),
    },
    ...(profiles === undefined ? {} : { profiles }),
    ...(podInitialBackoffMs === undefined ? {} : { podInitialBackoffMs }),
    ...(podMaxBackoffMs === undefined ? {} : { podMaxBackoffMs }),
  }
}
