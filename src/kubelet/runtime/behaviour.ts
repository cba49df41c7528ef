// How simulated containers behave, as data: the first stage that fits a container says how long it runs and how it ends;
// annotations of the pod override single fields. Pure. (The idea of stages as data is KWOK's.)
import type { Container, Pod } from '../../../openapi/types/core/v1.ts'

export type ContainerRole = 'init' | 'sidecar' | 'main'

export interface Behaviour {
  /** From the start request to running. */
  startMs: number
  /** From running to exit; absent: until stopped. */
  runMs?: number
  exitCode: number
  /** From SIGTERM to exit. */
  stopMs: number
  stopExitCode: number
  /** Reason of a termination with a non-zero code, e.g. OOMKilled. */
  reason?: string
}

interface Stage {
  name: string
  when: { role?: ContainerRole; owner?: string; finite?: boolean }
  behaves: Partial<Behaviour>
}

const base: Behaviour = { startMs: 5, exitCode: 0, stopMs: 5, stopExitCode: 0 }

/** In order; the first that fits wins. `finite` is a command that is seen to end by itself: `sleep 5; exit 1`. */
export const stages: readonly Stage[] = [
  { name: 'command that ends', when: { finite: true }, behaves: { stopExitCode: 143 } },
  { name: 'init container', when: { role: 'init' }, behaves: { runMs: 20, stopExitCode: 143 } },
  { name: 'sidecar', when: { role: 'sidecar' }, behaves: {} },
  { name: 'container of a Job', when: { owner: 'Job' }, behaves: { runMs: 200, stopExitCode: 143 } },
  { name: 'server', when: {}, behaves: {} },
]

/** Delays of the runtime itself, in milliseconds. */
export const delays = { sandboxMs: 5, pullMs: 10 } as const

/** Annotations that override; a suffix `.<container>` limits one to a container. */
export const annotationPrefix = 'hollow.k8ts.io/'

/** The behaviour of one container of a pod. */
export function behaviour(pod: Pod, container: Container, role: ContainerRole): Behaviour {
  const command = commandBehaviour(container)
  const owner = pod.metadata?.ownerReferences?.find(({ controller }) => controller)?.kind
  const stage = stages.find(
    ({ when }) =>
      (when.role === undefined || when.role === role) &&
      (when.owner === undefined || when.owner === owner) &&
      (when.finite === undefined || when.finite === (command !== undefined)),
  )
  return { ...base, ...stage?.behaves, ...command, ...annotated(pod, container.name) }
}

/** The text of an annotation of the simulated runtime: for the container, else for the pod. */
export function hollowAnnotation(pod: Pod, container: string, name: string): string | undefined {
  const annotations = pod.metadata?.annotations
  return annotations?.[`${annotationPrefix}${name}.${container}`] ?? annotations?.[`${annotationPrefix}${name}`]
}

function annotated(pod: Pod, container: string): Partial<Behaviour> {
  const number = (name: string) => {
    const text = hollowAnnotation(pod, container, name)
    const value = text === undefined || text === '' ? Number.NaN : Number(text)
    return Number.isFinite(value) && value >= 0 ? value : undefined
  }
  const exitCode = number('exit-code')
  const run = number('run-seconds') ?? (exitCode === undefined ? undefined : 0.05)
  const start = number('start-delay')
  const stop = number('stop-seconds')
  const stopExitCode = number('stop-exit-code')
  const reason = hollowAnnotation(pod, container, 'reason')
  return {
    ...(exitCode === undefined ? {} : { exitCode: exitCode & 255 }),
    ...(run === undefined ? {} : { runMs: run * 1000 }),
    ...(start === undefined ? {} : { startMs: start * 1000 }),
    ...(stop === undefined ? {} : { stopMs: stop * 1000 }),
    ...(stopExitCode === undefined ? {} : { stopExitCode: stopExitCode & 255 }),
    ...(reason === undefined ? {} : { reason }),
  }
}

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const momentMs = 20
const shells = /^(?:\/(?:usr\/)?bin\/)?(?:ba|da|a)?sh$/
const quick = /^(?:true|false|echo|printf|:|date|ls|env|id|pwd|uname|whoami|hostname|touch|mkdir|test|\[|set|export|expr|seq)$/

/** What can be told from the command alone: simple words, sleeps and an exit; undefined for anything else. */
function commandBehaviour(container: Container): Partial<Behaviour> | undefined {
  const words = [...(container.command ?? []), ...(container.args ?? [])]
  if (words.length === 0 || words.join(' ').length > 4096) return undefined
  const shell = shells.test(words[0]!)
  if (shell && !/^-[a-z]*c$/.test(words[1] ?? '')) return undefined
  const script = shell ? (words[2] ?? '') : words.map((word) => word.replace(/\s+/g, '_')).join(' ')
  if (/\b(?:while|until|for|wait|exec)\b|(?:^|[^&])&(?!&)|-f\b|--watch|trap\b/.test(script)) return undefined
  let runMs = 0
  let exitCode = 0
  for (const line of script.split(/;|\n|&&|\|\|?/)) {
    const [program = '', ...rest] = line.trim().split(/\s+/)
    const name = program.slice(program.lastIndexOf('/') + 1)
    if (name === '') continue
    if (name === 'sleep') {
      const time = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(rest[0] ?? '')
      if (time === null) return undefined
      runMs += Number(time[1]) * unitsMs[time[2] || 's']!
    } else if (name === 'exit') {
      return { runMs: Math.max(runMs, momentMs), exitCode: Number(rest[0] ?? 0) & 255 }
    } else if (quick.test(name)) exitCode = name === 'false' ? 1 : 0
    else return undefined
  }
  return { runMs: Math.max(runMs, momentMs), exitCode }
}
