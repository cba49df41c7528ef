// What a kubelet's /stats/summary says of usage, read with care: a kubelet may leave out any part of it. Pure.
// Shape: k8s.io/kubelet/pkg/apis/stats/v1alpha1.
import { z } from 'zod'

const amount = z.number().min(0).optional()
const Usage = {
  cpu: z.object({ time: z.string(), usageNanoCores: amount }).optional(),
  memory: z.object({ time: z.string(), workingSetBytes: amount }).optional(),
}
const Summary = z.object({
  node: z.object(Usage),
  pods: z
    .array(
      z.object({
        podRef: z.object({ name: z.string(), namespace: z.string() }),
        containers: z.array(z.object({ name: z.string(), ...Usage })).nullish(),
      }),
    )
    .nullish(),
})

/** One measurement. */
export interface Measured {
  /** RFC 3339. */
  timestamp: string
  cpuNanoCores: number
  memoryBytes: number
}

/** What one node and its pods use. */
export interface NodeUsage {
  node: Measured | undefined
  /** By namespace/name; only pods of which every container was measured. */
  pods: ReadonlyMap<string, readonly (Measured & { name: string })[]>
}

/** The usage in the text of a summary. Throws for what is none. */
export function nodeUsage(text: string): NodeUsage {
  const { node, pods } = Summary.parse(JSON.parse(text))
  const found = new Map<string, (Measured & { name: string })[]>()
  for (const { podRef, containers } of pods ?? []) {
    const measures = (containers ?? []).map((container) => ({ name: container.name, ...measured(container) }))
    if (measures.length > 0 && measures.every(isMeasured)) found.set(`${podRef.namespace}/${podRef.name}`, measures)
  }
  const whole = measured(node)
  return { node: isMeasured(whole) ? whole : undefined, pods: found }
}

type Given = z.infer<typeof Summary>['node']

function measured({ cpu, memory }: Given): Partial<Measured> {
  if (cpu?.usageNanoCores === undefined || memory?.workingSetBytes === undefined) return {}
  return { timestamp: cpu.time, cpuNanoCores: cpu.usageNanoCores, memoryBytes: memory.workingSetBytes }
}

function isMeasured<T extends Partial<Measured>>(given: T): given is T & Measured {
  return given.timestamp !== undefined
}
