// Large bodies, before a verb reads them: weighed, parsed with the event loop given back afterwards, or (real YAML) parsed in a thread.
import { ApiError } from '../apimachinery/api-error.ts'
import { JsonError, parseJson } from '../apimachinery/json.ts'
import { jsonWeight } from '../apimachinery/json-weight.ts'
import { YamlError } from '../apimachinery/schema/yaml.ts'
import type { ParsedBody } from './body.ts'
import { parseJsonBody, prepared } from './body.ts'
import { breathe } from './breathe.ts'
import type { RequestContext } from './context.ts'
import { mediaType, protobufType } from './negotiate.ts'
import { parseYamlInThread } from './yaml-thread.ts'

/** Heaviest body that is read: several times the largest objects in use, which etcd's limit of 1.5 MiB bounds. */
export const maxBodyWeight = 400_000
/** Longest YAML (that is no JSON) which is read at all. */
const maxYamlBytes = 1024 * 1024
/** Shorter bodies are parsed where they are read. */
const largeJsonBytes = 64 * 1024
const largeYamlBytes = 8 * 1024

/** Parses a large body ahead: body.ts finds the result. Throws 413 for what is too heavy, 429 when the YAML thread is flooded. */
export async function prepareBody({ body, headers }: Pick<RequestContext, 'body' | 'headers'>): Promise<void> {
  if (body.length < largeYamlBytes) return
  const media = mediaType(headers['content-type']?.toString())
  if (media === protobufType) return
  const yaml = media.endsWith('yaml')
  if (!yaml && body.length < largeJsonBytes) return
  if (jsonWeight(body, maxBodyWeight) > maxBodyWeight) throw tooHeavy()
  breathe()
  if (!yaml) keep(body, () => parseJsonBody(body))
  else if (!keepJson(body)) await prepareYaml(body)
  await breathe()
}

function tooHeavy(): ApiError {
  return new ApiError('RequestEntityTooLarge', 'Request entity too large: the object has too many values')
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
  if (!/^\s*[{[]/.test(body.toString('latin1', 0, 256))) return false
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

async function prepareYaml(body: Buffer): Promise<void> {
  try {
    const { json, strictErrors } = await parseYamlInThread(body, maxYamlBytes)
    const text = Buffer.from(json)
    if (jsonWeight(text, maxBodyWeight) > maxBodyWeight) throw tooHeavy()
    prepared.set(body, { value: parseJson(text), duplicates: [], strictErrors })
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    prepared.set(body, new JsonError(error.message))
  }
}
