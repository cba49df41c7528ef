// Conversions that must be asked for (webhooks), for code that converts synchronously: it runs, and where an answer is missing it is stopped,
// the webhook asked, and the code run again. Only pure code is run so. Answers for cached objects are kept with them.
import { ApiError } from '../apimachinery/api-error.ts'
import { stringifyJson } from '../apimachinery/json.ts'
import type { Kind, Resolved } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { apiVersionOf } from '../apimachinery/meta.ts'

/** Stops synchronous code that needs a conversion which nobody has asked for yet. */
export class ConversionNeeded extends Error {
  readonly object: KubeObject
  readonly apiVersion: string

  constructor(object: KubeObject, apiVersion: string) {
    super('a conversion has not been asked for')
    this.object = object
    this.apiVersion = apiVersion
  }
}

/** Of frozen objects (those of the cache), by identity: version → object. */
const kept = new WeakMap<KubeObject, Map<string, KubeObject>>()
/** Frozen object → the one that all objects of the same stored bytes share. They differ in their resourceVersion. */
const contents = new WeakMap<KubeObject, KubeObject>()

/** Says that the object was made of this content: conversions are kept with the content. */
export function shareContent(object: KubeObject, content: KubeObject): void {
  contents.set(object, content)
}

function keptOf(object: KubeObject): Map<string, KubeObject> | undefined {
  return kept.get(contents.get(object) ?? object)
}
/** Answers for the code that runs at this moment, by version and content. */
let underWay: Map<string, KubeObject> | undefined

const keyOf = (object: KubeObject, apiVersion: string) => `${apiVersion} ${stringifyJson(object)}`

/** The object in another version, as a webhook made it; the caller may change it. Throws ConversionNeeded. */
export function askedConversion(object: KubeObject, apiVersion: string): KubeObject {
  if (object.apiVersion === apiVersion) return structuredClone(object)
  const known = keptOf(object)?.get(apiVersion) ?? underWay?.get(keyOf(object, apiVersion))
  if (known === undefined) throw new ConversionNeeded(object, apiVersion)
  const converted = structuredClone(known)
  const { resourceVersion } = object.metadata ?? {}
  if (resourceVersion !== undefined) converted.metadata = { ...converted.metadata, resourceVersion }
  return converted
}

/** One run of pure code asks for a few conversions: an object or two, in each version that owns fields. */
const maxRounds = 40

/** Runs pure code that converts objects of this kind. Rejects with what the webhook's failure means for the client. */
export async function converting<T>(kind: Kind, run: () => T): Promise<T> {
  if (kind.convert === undefined) return run()
  const answers = new Map<string, KubeObject>()
  for (let round = 0; round < maxRounds; round++) {
    const needed = attempt(run, answers)
    if (!(needed instanceof ConversionNeeded)) return needed.value
    const [converted] = await kind.convert([needed.object], needed.apiVersion)
    answers.set(keyOf(needed.object, needed.apiVersion), converted!)
  }
  throw new ApiError('', `conversion webhook for ${kind.apiVersion}, Kind=${kind.kind} failed: too many conversions`)
}

function attempt<T>(run: () => T, answers: Map<string, KubeObject>): { value: T } | ConversionNeeded {
  const outer = underWay
  underWay = answers
  try {
    return { value: run() }
  } catch (error) {
    if (error instanceof ConversionNeeded) return error
    throw error
  } finally {
    underWay = outer
  }
}

/** So many objects, of so many bytes, are asked about at once. */
const batchObjects = 500
const batchBytes = 2 * 1024 * 1024

/** Asks for the conversion of frozen objects, in batches, and keeps the answers with them. */
export async function keepConversions(
  { kind, group, version }: Resolved,
  objects: readonly { object: KubeObject; bytes: number }[],
): Promise<void> {
  const { convert } = kind
  if (convert === undefined) return
  const wanted = apiVersionOf(group, version)
  const missing = objects.filter(({ object }) => object.apiVersion !== wanted && keptOf(object)?.has(wanted) !== true)
  for (let from = 0; from < missing.length; ) {
    let to = from
    for (let size = 0; to < missing.length && to - from < batchObjects && (to === from || size < batchBytes); to++)
      size += missing[to]!.bytes
    const batch = missing.slice(from, to).map(({ object }) => object)
    const converted = await convert(batch, wanted)
    for (const [index, object] of batch.entries()) keep(object, wanted, converted[index]!)
    from = to
  }
}

function keep(object: KubeObject, apiVersion: string, converted: KubeObject): void {
  const known = keptOf(object)
  if (known === undefined) kept.set(contents.get(object) ?? object, new Map([[apiVersion, converted]]))
  else known.set(apiVersion, converted)
}
