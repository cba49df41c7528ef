// Answers of probes on simulated containers: they succeed unless an annotation says otherwise. Pure.
// hollow.k8ts.io/readiness: "fail" | "ok after 30s" | "fail after 1m"; liveness and startup alike; `.container` limits to one.
import type { Container, Pod } from '../../../openapi/types/core/v1.ts'
import { hollowAnnotation } from '../runtime/behaviour.ts'
import { type ProbeAnswer, type ProbeKind, probeOf } from './probe-state.ts'

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/** The answer at `now` of a container that started at `startedAt`. */
export function hollowProbe(pod: Pod, container: Container, kind: ProbeKind, startedAt: number, now: number): ProbeAnswer {
  const text = hollowAnnotation(pod, container.name, kind)
  const parts = /^(ok|fail)(?: after (\d+(?:\.\d+)?)([smh]))?$/.exec(text ?? 'ok')
  const good = parts?.[1] !== 'fail'
  const sinceMs = parts?.[2] === undefined ? 0 : Number(parts[2]) * unitsMs[parts[3]!]!
  const reached = now - startedAt >= sinceMs
  const ok = reached ? good : !good
  return { ok, output: ok ? '' : failureText(container, kind), steady: reached && ok }
}

function failureText(container: Container, kind: ProbeKind): string {
  const probe = probeOf(container, kind)
  if (probe?.httpGet !== undefined) return 'HTTP probe failed with statuscode: 500'
  if (probe?.tcpSocket !== undefined) return `dial tcp :${probe.tcpSocket.port}: connect: connection refused`
  if (probe?.grpc !== undefined) return 'service unhealthy (responded with "NOT_SERVING")'
  return ''
}
