// The port through which a controller asks whether somebody else may do something.
import type { SubjectAccessReview as SubjectAccessReviewObject, SubjectAccessReviewSpec } from '../../openapi/types/authorization/v1.ts'
import { SubjectAccessReview } from '../api/authorization/subjectaccessreview.ts'
import type { Client } from '../client/client.ts'

/** One review per call; rejects when the API server does not answer. */
export function accessReview(client: Client, signal: AbortSignal) {
  return async (spec: SubjectAccessReviewSpec): Promise<boolean> => {
    const review: SubjectAccessReviewObject = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec }
    const answer = await client.create(SubjectAccessReview, review, { signal })
    return answer.status?.allowed === true
  }
}
