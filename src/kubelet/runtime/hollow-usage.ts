// What simulated containers use and write: annotations say it, requests else. Pure.
// hollow.k8ts.io/cpu-usage, memory-usage (quantities), log (lines); a suffix `.<container>` limits one to a container. See docs/hollow.md.
import type { Container, Pod } from '../../../openapi/types/core/v1.ts'
import { asInteger, isQuantity, quantity } from '../../apimachinery/quantity.ts'
import { hollowAnnotation } from './behaviour.ts'
import type { ContainerState, LogLine } from './runtime.ts'

/** Used by a container that neither declares nor requests anything: 1 thousandth of a core, 8 MiB. */
const leastCpuNanoCores = 1_000_000
const leastMemoryBytes = 8 << 20
const maxLogLines = 10_000

/** The declared usage of a container; else a tenth of the CPU and half of the memory that it requests. */
export function declaredUsage(pod: Pod, container: Container): { cpuNanoCores: number; memoryBytes: number } {
  const { name, resources } = container
  const cpu = declared(pod, name, 'cpu-usage')
  const memory = declared(pod, name, 'memory-usage')
  const requested = (resource: string) => resources?.requests?.[resource] ?? '0'
  const nano = (text: string) => Number(quantity(text).nano)
  return {
    cpuNanoCores: cpu === undefined ? Math.max(leastCpuNanoCores, nano(requested('cpu')) / 10) : nano(cpu),
    memoryBytes: memory === undefined ? Math.max(leastMemoryBytes, asInteger(requested('memory')) / 2) : asInteger(memory),
  }
}

/** CPU time so far: the rate of the last look counts until the next one, so that the counter never falls. */
export interface CpuCounter {
  at: number
  nanoSeconds: number
  nanoCores: number
}

/** The counter at `now`, from when on `nanoCores` are used. */
export function countedCpu(before: CpuCounter | undefined, startedAt: number, nanoCores: number, now: number): CpuCounter {
  const { at, nanoSeconds, nanoCores: rate } = before ?? { at: startedAt, nanoSeconds: 0, nanoCores }
  return { at: now, nanoSeconds: nanoSeconds + (rate * Math.max(0, now - at)) / 1000, nanoCores }
}

/** The declared log lines of a container, all written when it started. */
export function declaredLog(pod: Pod, { name, phase, startedAt }: ContainerState): LogLine[] {
  const text = hollowAnnotation(pod, name, 'log')
  if (text === undefined || text === '' || phase === 'created' || startedAt === undefined) return []
  const lines = text.replace(/\n$/, '').split('\n').slice(0, maxLogLines)
  return lines.map((line) => ({ at: startedAt, stream: 'stdout', text: line }))
}

function declared(pod: Pod, container: string, name: string): string | undefined {
  const text = hollowAnnotation(pod, container, name)
  return text !== undefined && isQuantity(text) && quantity(text).nano >= 0n ? text : undefined
}
