// Without priority and fairness: two plain limits on requests being served. Rule: k8s.io/apiserver/pkg/server/filters maxinflight.go.
import type { RequestContext } from '../context.ts'
import type { Admission, FlowControl } from './flow-control.ts'

const reading = new Set(['get', 'list', 'watch'])

/** 0 means no limit. Administrators (system:masters) are never turned away. */
export function inFlightLimit(readOnly: number, mutating: number): FlowControl {
  const now = { readOnly: 0, mutating: 0 }
  return {
    admit: (request: RequestContext): Admission => {
      if (request.info.verb === 'watch') return free
      const side = reading.has(request.info.verb) ? 'readOnly' : 'mutating'
      const limit = side === 'readOnly' ? readOnly : mutating
      if (limit === 0) return free
      if (now[side] >= limit)
        return request.user.groups.includes('system:masters') ? free : { admitted: false, headers: {}, retryAfterSeconds: 1 }
      now[side]++
      let released = false
      const release = () => {
        if (!released) now[side]--
        released = true
      }
      return { admitted: true, headers: {}, release }
    },
    metrics: () => [],
  }
}

const free: Admission = { admitted: true, headers: {}, release: () => {} }
