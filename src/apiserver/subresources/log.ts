// pods/log: the kubelet's container log, passed through as it comes.
import { ApiError, badRequest, type FieldError, invalid } from '../../apimachinery/api-error.ts'
import { at, invalidValue } from '../../apimachinery/field-errors.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from '../context.ts'
import { isTrue } from '../request-info.ts'
import { ask } from './backend.ts'
import { containerOf, type KubeletClientOptions, kubeletBackend, podOf } from './kubelet.ts'

const contentType = 'text/plain'
const numbers = [
  { name: 'sinceSeconds', least: 1, words: 'must be greater than 0' },
  { name: 'tailLines', least: 0, words: 'must be greater than or equal to 0' },
  { name: 'limitBytes', least: 1, words: 'must be greater than 0' },
]
const errorBytes = 2048

/** The handler; `kubelet` says how to reach kubelets. */
export function podLog(kubelet: KubeletClientOptions): Subresource {
  return { name: 'log', kinds: ['pods'], verbs: ['get'], handle: (request, server) => handle(request, server, kubelet) }
}

async function handle(request: RequestContext, server: ServerContext, kubelet: KubeletClientOptions): Promise<Answer> {
  const { query, info } = request
  const pod = await podOf(server, request)
  const parameters = logParameters(query, info.parts[1] ?? '')
  const container = containerOf(pod, query.get('container') ?? '')
  const nodeName = pod.spec?.nodeName
  // A pod that runs nowhere has no log yet: an empty one, as upstream answers.
  if (!nodeName) return { type: 'raw', contentType, body: '' }
  const words = [info.namespace, pod.metadata?.name ?? '', container].map(encodeURIComponent)
  const path = `/containerLogs/${words.join('/')}?${parameters}`
  const insecure = query.has('insecureSkipTLSVerifyBackend') && isTrue(query.get('insecureSkipTLSVerifyBackend'))
  const backend = kubeletBackend(server, nodeName, path, kubelet, insecure)
  const answer = await ask(backend, 'GET', { accept: '*/*' }, undefined, request.signal).catch((error: Error) => {
    throw new ApiError('', error.message)
  })
  const code = answer.statusCode ?? 500
  if (code < 200 || code > 206) throw refusal(code, await beginningOf(answer), info.parts[1] ?? '')
  return { type: 'stream', contentType: answer.headers['content-type'] ?? contentType, body: answer }
}

/** The kubelet's parameters. Throws 400 for what is no number or time, 422 for what is out of bounds. */
function logParameters(query: URLSearchParams, name: string): URLSearchParams {
  const parameters = new URLSearchParams()
  const errors: FieldError[] = []
  for (const flag of ['follow', 'previous', 'timestamps']) if (query.has(flag) && isTrue(query.get(flag))) parameters.set(flag, 'true')
  for (const { name: field, least, words } of numbers) {
    const text = query.get(field)
    if (text === null || text === '') continue
    if (!/^[+-]?\d{1,18}$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
    if (Number(text) < least) errors.push(invalidValue(at(field), Number(text), words))
    parameters.set(field, String(Number(text)))
  }
  const sinceTime = query.get('sinceTime')
  if (sinceTime) {
    if (Number.isNaN(Date.parse(sinceTime)))
      throw badRequest(`parsing time ${JSON.stringify(sinceTime)} as "2006-01-02T15:04:05Z07:00": cannot parse`)
    if (query.get('sinceSeconds'))
      errors.push({
        type: 'FieldValueForbidden',
        field: '',
        title: 'Forbidden',
        detail: 'at most one of `sinceTime` or `sinceSeconds` may be specified',
      })
    parameters.set('sinceTime', sinceTime)
  }
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors)
  parameters.set('stream', query.get('stream') || 'All')
  return parameters
}

async function beginningOf(answer: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const piece of answer) {
    text += Buffer.from(piece).toString()
    if (text.length >= errorBytes) break
  }
  return text.slice(0, errorBytes)
}

/** What the kubelet refuses becomes a Status with its words. */
function refusal(code: number, text: string, name: string): ApiError {
  if (code === 400) return badRequest(text)
  if (code === 500) return new ApiError('InternalError', `Internal error occurred: ${text}`)
  const details = { name, kind: 'pods/log', causes: [{ reason: 'UnexpectedServerResponse', message: text }] }
  if (code === 404) return new ApiError('NotFound', `the server could not find the requested resource ( pods/log ${name})`, { details })
  return new ApiError(
    '',
    `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding ( pods/log ${name})`,
    { code, details },
  )
}
