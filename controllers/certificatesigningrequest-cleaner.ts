// Deletes certificate requests that nobody needs any more: they pile up otherwise, as kubelets ask again and again.
import type { CertificateSigningRequest as Csr } from '../openapi/types/certificates/v1.ts'
import { CertificateSigningRequest } from '../src/api/certificates/certificatesigningrequest.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, plan, remove, requeueAfter } from '../src/controller/plan.ts'
import { type CertificatesPort, pemOf } from './shared/certificate-requests.ts'

const hourMs = 3_600_000
/** How long a request stays after its last word. */
const decidedMs = hourMs
const pendingMs = 24 * hourMs
/** Timers cannot wait for months. */
const longestWaitMs = 24 * hourMs

export const certificatesigningrequestCleaner = defineController({
  name: 'certificatesigningrequest-cleaner',
  for: CertificateSigningRequest,
  reads: {},
  workers: 1,
  needs: ['certificates'],
  reconcile(csr, _reads, { now, ports }) {
    if (csr.metadata?.deletionTimestamp !== undefined) return nothing
    const end = endOf(csr, ports['certificates'] as CertificatesPort)
    if (end === undefined) return nothing
    return now > end ? plan(remove(CertificateSigningRequest, csr)) : plan(requeueAfter(Math.min(end - now + 1, longestWaitMs)))
  },
})

/** After which moment a request is to go; undefined while nobody can tell, as with one that is approved and not issued. */
function endOf({ metadata, status }: Csr, certificates: CertificatesPort): number | undefined {
  const conditions = status?.conditions ?? []
  if (conditions.length === 0) return timeAfter(metadata?.creationTimestamp, pendingMs)
  const ends = conditions.map(({ type, lastUpdateTime }) => {
    if (type === 'Denied' || type === 'Failed') return timeAfter(lastUpdateTime, decidedMs)
    return type === 'Approved' && status?.certificate ? timeAfter(lastUpdateTime, decidedMs) : undefined
  })
  if (status?.certificate) {
    const expiry = certificates.notAfter(pemOf(status.certificate))
    // what cannot be read is kept for a person to look at
    if (expiry === undefined) return undefined
    if (conditions.some(({ type }) => type === 'Approved')) ends.push(expiry)
  }
  const known = ends.filter((end) => end !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

function timeAfter(text: string | undefined, laterMs: number): number | undefined {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? undefined : time + laterMs
}
