// Conversion by webhook: asks the webhook of a definition to bring objects into another version.
import type { CustomResourceConversion as Conversion } from '../../../openapi/types/apiextensions/v1.ts'
import { ApiError } from '../../apimachinery/api-error.ts'
import type { KindSpec } from '../../apimachinery/kind.ts'
import type { ServerContext } from '../context.ts'
import { uuid } from '../uuid.ts'
import type { WebhookClientConfig } from '../webhook/client.ts'
import { conversionReview, convertedObjects } from './conversion-review.ts'

const timeoutMs = 30_000
const maxAnswerBytes = 8 * 1024 * 1024

/** The converter of a kind; undefined for strategy None. */
export function converter(server: ServerContext, conversion: Conversion | undefined): KindSpec['convert'] {
  const { strategy, webhook } = conversion ?? {}
  const config = webhook?.clientConfig
  if (strategy !== 'Webhook' || webhook === undefined || config === undefined) return undefined
  return async (objects, desiredAPIVersion) => {
    const request = { objects, desiredAPIVersion, uid: uuid(server.random) }
    const { apiVersion, kind } = objects[0]!
    const subject = `conversion webhook for ${apiVersion}, Kind=${kind}${objects.length > 1 ? 'List' : ''} failed`
    try {
      const review = conversionReview(webhook.conversionReviewVersions, request)
      const answer = await server.webhooks
        .post(config as WebhookClientConfig, review, { timeoutMs, maxAnswerBytes, signal: server.signal })
        .catch((error: Error) => {
          throw new Error(`${subject}: ${error.message}`)
        })
      return convertedObjects(review, request, answer)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      server.log.warn({ definition: `${kind}`, count: objects.length }, 'Conversion webhook failed')
      throw new ApiError('', message)
    }
  }
}
