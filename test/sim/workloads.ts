// The workloads of a simulation, drawn from the seed: objects as a user would write them.

import { DaemonSet } from '../../src/api/apps/daemonset.ts'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { StatefulSet } from '../../src/api/apps/statefulset.ts'
import { CronJob } from '../../src/api/batch/cronjob.ts'
import { Job } from '../../src/api/batch/job.ts'
import { Service } from '../../src/api/core/service/index.ts'
import { PodDisruptionBudget } from '../../src/api/policy/poddisruptionbudget.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { Seeded } from './seeded.ts'
import type { Stored } from './world.ts'

export const namespace = 'sim'

/** What a user wants at present: the spec that was last acknowledged, or absence. */
export interface Wanted {
  kind: Kind
  name: string
  /** Undefined: deleted. */
  spec: Spec | undefined
  /** Creates that were acknowledged, by uid. */
  uid?: string
}

// biome-ignore lint/suspicious/noExplicitAny: specs of five kinds, written and read by their own rules
export type Spec = any

export const kinds = { Deployment, StatefulSet, DaemonSet, Job, CronJob, Service, PodDisruptionBudget } as unknown as Record<string, Kind>

function template(
  name: string,
  random: Seeded,
  more: Partial<Record<'restartPolicy', string>> = {},
  behaviour: Record<string, string> = {},
) {
  const annotations: Record<string, string> = {}
  for (const [key, value] of Object.entries(behaviour)) annotations[`hollow.k8ts.io/${key}`] = value
  if (random.chance(0.3)) annotations['hollow.k8ts.io/stop-seconds'] = String(random.between(1, 40))
  if (random.chance(0.2)) annotations['hollow.k8ts.io/start-delay'] = String(random.between(1, 20))
  return {
    metadata: { labels: { app: name }, annotations },
    spec: {
      containers: [
        { name: 'main', image: 'example.com/app:1', env: [{ name: 'VERSION', value: '1' }], resources: { requests: { cpu: '100m' } } },
      ],
      ...(random.chance(0.3) ? { terminationGracePeriodSeconds: random.between(1, 60) } : {}),
      ...more,
    },
  }
}

const selector = (name: string) => ({ matchLabels: { app: name } })

type Draw = (name: string, random: Seeded, chaos: boolean) => Spec

const draws: Record<string, Draw> = {
  Deployment: (name, random) => ({
    replicas: random.between(1, 5),
    selector: selector(name),
    strategy: random.chance(0.2)
      ? { type: 'Recreate' }
      : {
          type: 'RollingUpdate',
          rollingUpdate: random.pick([
            { maxSurge: 1, maxUnavailable: 0 },
            { maxSurge: 0, maxUnavailable: 1 },
            { maxSurge: '25%', maxUnavailable: '25%' },
            { maxSurge: 2, maxUnavailable: 2 },
          ]),
        },
    ...(random.chance(0.3) ? { minReadySeconds: random.between(1, 10) } : {}),
    ...(random.chance(0.3) ? { revisionHistoryLimit: random.between(0, 2) } : {}),
    template: template(name, random),
  }),
  StatefulSet: (name, random) => ({
    replicas: random.between(1, 4),
    selector: selector(name),
    serviceName: name,
    podManagementPolicy: random.pick(['OrderedReady', 'Parallel']),
    updateStrategy: random.chance(0.2)
      ? { type: 'OnDelete' }
      : { type: 'RollingUpdate', rollingUpdate: { partition: random.chance(0.3) ? random.between(1, 2) : 0 } },
    ...(random.chance(0.2) ? { minReadySeconds: random.between(1, 5) } : {}),
    ...(random.chance(0.2) ? { ordinals: { start: random.between(1, 3) } } : {}),
    template: template(name, random),
  }),
  DaemonSet: (name, random) => ({
    selector: selector(name),
    updateStrategy: random.pick([
      { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '50%', maxSurge: 0 } },
      { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    ]),
    template: template(name, random),
  }),
  Job: (name, random) => {
    const indexed = random.chance(0.5)
    const completions = random.between(1, 6)
    const fails = random.chance(0.25)
    const behaviour: Record<string, string> = { 'run-seconds': String(random.between(1, 30)), ...(fails ? { 'exit-code': '3' } : {}) }
    const { metadata, spec } = template(name, random, { restartPolicy: 'Never' }, behaviour)
    return {
      completions,
      parallelism: random.between(1, 4),
      completionMode: indexed ? 'Indexed' : 'NonIndexed',
      backoffLimit: fails ? random.between(0, 3) : 50,
      ...(random.chance(0.3) ? { suspend: true } : {}),
      ...(random.chance(0.2) ? { ttlSecondsAfterFinished: random.between(1, 60) } : {}),
      ...(random.chance(0.3) ? { podReplacementPolicy: 'Failed' } : {}),
      template: { metadata, spec },
    }
  },
  CronJob: (name, random) => ({
    schedule: '* * * * *',
    concurrencyPolicy: random.pick(['Forbid', 'Replace']),
    successfulJobsHistoryLimit: random.between(1, 3),
    jobTemplate: {
      spec: { template: template(name, random, { restartPolicy: 'OnFailure' }, { 'run-seconds': String(random.pick([5, 20, 70])) }) },
    },
  }),
}

/** Three to six workloads; some have a Service and a budget beside them. */
export function drawWorkloads(random: Seeded, chaos: boolean): Wanted[] {
  const names = Object.keys(draws)
  const wanted: Wanted[] = []
  for (let left = random.between(3, 6); left > 0; left--) {
    const kind = random.pick(names)
    const name = `${kind.toLowerCase().slice(0, 4)}-${left}`
    wanted.push({ kind: kinds[kind]!, name, spec: draws[kind]!(name, random, chaos) })
    if (kind === 'StatefulSet' || (kind === 'Deployment' && random.chance(0.5)))
      wanted.push({ kind: kinds['Service']!, name, spec: { selector: { app: name }, ports: [{ port: 80 }] } })
    if (kind === 'Deployment' && random.chance(0.3))
      wanted.push({ kind: kinds['PodDisruptionBudget']!, name, spec: { selector: selector(name), maxUnavailable: 1 } })
  }
  return wanted
}

/** The pod template of a spec that has one. */
export function templateOf(spec: Spec): Stored['spec'] {
  return spec.jobTemplate?.spec.template ?? spec.template
}

/** The version that a pod (template) runs. */
export function versionOf({ spec }: { spec?: Spec }): string {
  return spec.containers[0].env.find(({ name }: { name: string }) => name === 'VERSION').value
}

/** A change that a user may make to a workload; undefined when this one has none. */
export function drawChange({ kind, spec }: Wanted, random: Seeded, version: number): ((spec: Spec) => void) | undefined {
  const roll = (draft: Spec) => {
    templateOf(draft).spec.containers[0].env[0].value = String(version)
  }
  const replicas = random.between(0, 5)
  const scale = (draft: Spec) => {
    draft.replicas = replicas
  }
  if (kind.kind === 'Deployment') return random.pick([roll, roll, scale])
  if (kind.kind === 'DaemonSet' || kind.kind === 'CronJob') return roll
  if (kind.kind === 'StatefulSet') {
    const partition = random.between(0, 2)
    const move = (draft: Spec) => {
      if (draft.updateStrategy.type === 'RollingUpdate') draft.updateStrategy.rollingUpdate.partition = partition
    }
    return random.pick([roll, roll, scale, move])
  }
  if (kind.kind === 'Job') {
    const suspend = spec.suspend !== true
    return (draft) => {
      draft.suspend = suspend
    }
  }
  return undefined
}
