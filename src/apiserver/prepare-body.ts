// Large bodies, before a verb reads them: weighed, parsed with the event loop given back afterwards, or (real YAML) parsed in a thread.
import { JsonError, parseJson } from '../apimachinery/json.ts'
import { jsonWeight } from '../apimachinery/json-weight.ts'
import { YamlError } from '../apimachinery/schema/yaml.ts'
import type { ParsedBody } from './body.ts'
import { parseJsonBody, prepared } from './body.ts'
import { breathe } from './breathe.ts'
import { maxBodyWeight } from './codec.ts'
import type { RequestContext } from './context.ts'
import { mediaType, protobufType } from './negotiate.ts'
import { tooHeavy } from './store-errors.ts'
import { parseYamlInThread } from './yaml-thread.ts'

/**
 * Heaviest body that is read: several times the largest objects in use. Ten thousand operations of a JSON patch are allowed by their number,
 * definitions of custom resources are large and written by administrators only; an apply is merged and compared besides being written.
 */
function maxWeight({ resolved, headers }: Pick<RequestContext, 'resolved' | 'headers'>): number {
  const media = mediaType(headers['content-type']?.toString())
  if (media === 'application/json-patch+json') return 3 * maxBodyWeight
  if (resolved?.kind.kind === 'CustomResourceDefinition') return 3 * maxBodyWeight
  return media === 'application/apply-patch+yaml' ? maxBodyWeight / 2 : maxBodyWeight
}

/** Longest YAML (that is no JSON) which is read at all. */
const maxYamlBytes = 1024 * 1024
/** Shorter bodies are parsed where they are read. */
const largeJsonBytes = 64 * 1024
const largeYamlBytes = 8 * 1024

/** Parses a large body ahead: body.ts finds the result. Throws 413 for what is too heavy, 429 when the YAML thread is flooded. */
export async function prepareBody(request: Pick<RequestContext, 'body' | 'headers' | 'resolved'>): Promise<void> {
  const { body, headers } = request
  if (body.length < largeYamlBytes) return
  const media = mediaType(headers['content-type']?.toString())
  if (media === protobufType) return
  const yaml = media.endsWith('yaml')
  if (!yaml && body.length < largeJsonBytes) return
  const limit = maxWeight(request)
  const json = !yaml || /^\s*[{[]/.test(body.toString('latin1', 0, 256))
  if (json && jsonWeight(body, limit) > limit) throw tooHeavy()
  breathe()
  if (!yaml) keep(body, () => parseJsonBody(body))
  else if (!json || !keepJson(body)) await prepareYaml(body, limit)
  await breathe()
}

function keep(body: Buffer, parse: () => ParsedBody): void {
  try {
    prepared.set(body, parse())
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    prepared.set(body, error)
  }
}

/** JSON under the name of YAML (kubectl apply): true when it is, without the doubled keys that only the YAML reader can report. */
function keepJson(body: Buffer): boolean {
  let duplicates = 0
  try {
    const value = parseJson(body, { onDuplicate: () => duplicates++ })
    if (duplicates === 0) prepared.set(body, { value, duplicates: [] })
    return duplicates === 0
  } catch (error) {
    if (error instanceof JsonError) return false
    throw error
  }
}

async function prepareYaml(body: Buffer, limit: number): Promise<void> {
  try {
    const { json, strictErrors } = await parseYamlInThread(body, maxYamlBytes)
    const text = Buffer.from(json)
    if (jsonWeight(text, limit) > limit) throw tooHeavy()
    prepared.set(body, { value: parseJson(text), duplicates: [], strictErrors })
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    prepared.set(body, new JsonError(error.message))
  }
}
