// From FlowSchema and PriorityLevelConfiguration objects to what the server enforces: schemas in order, seats of each level. Pure.
// Arithmetic: k8s.io/apiserver/pkg/util/flowcontrol apf_controller.go.
import type { FlowSchema, PriorityLevelConfiguration } from '../../../openapi/types/flowcontrol/v1.ts'
import { priorityLevels as bootstrapLevels, flowSchemas as bootstrapSchemas } from '../bootstrap-flow-control.ts'

export interface Queuing {
  queues: number
  handSize: number
  queueLengthLimit: number
}

/** One priority level. */
export interface Level {
  name: string
  uid: string
  exempt: boolean
  /** Absent: what finds no seat is rejected. */
  queuing?: Queuing
  /** Seats by its share; what it keeps when it lends all it may; what it may borrow up to. */
  nominal: number
  min: number
  max: number
  /** Seats that one request may take. */
  maxSeats: number
}

export interface Schema {
  name: string
  uid: string
  object: FlowSchema
  level: string
  distinguisher: 'ByUser' | 'ByNamespace' | undefined
}

export interface Configuration {
  /** In order of precedence; only those whose level exists. */
  schemas: readonly Schema[]
  levels: ReadonlyMap<string, Level>
}

const maxSeatsFraction = 0.15
const defaultShares = 30

/** The mandatory objects take part even where they are not stored. */
export function flowConfiguration(
  schemas: readonly FlowSchema[],
  levels: readonly PriorityLevelConfiguration[],
  concurrency: number,
): Configuration {
  const all = withMandatory(levels, bootstrapLevels)
  const shareSum = all.reduce((sum, level) => sum + sharesOf(level), 0)
  const known = new Map(all.map((level) => [nameOf(level), levelOf(level, shareSum, concurrency)]))
  const ordered = withMandatory(schemas, bootstrapSchemas)
    .map(schemaOf)
    .filter(({ level }) => known.has(level))
    .sort((a, b) => precedence(a) - precedence(b) || (a.name < b.name ? -1 : 1))
  return { schemas: ordered, levels: known }
}

const mandatory = new Set(['exempt', 'catch-all'])

function withMandatory<T extends FlowSchema | PriorityLevelConfiguration>(given: readonly T[], bootstrap: readonly T[]): T[] {
  const names = new Set(given.map(nameOf))
  return [...given, ...bootstrap.filter((object) => mandatory.has(nameOf(object)) && !names.has(nameOf(object)))]
}

function nameOf(object: FlowSchema | PriorityLevelConfiguration): string {
  return object.metadata?.name ?? ''
}

function precedence({ object }: Schema): number {
  return object.spec?.matchingPrecedence ?? 1000
}

function schemaOf(object: FlowSchema): Schema {
  const type = object.spec?.distinguisherMethod?.type
  return {
    name: nameOf(object),
    uid: object.metadata?.uid ?? '',
    object,
    level: object.spec?.priorityLevelConfiguration?.name ?? '',
    distinguisher: type === 'ByUser' || type === 'ByNamespace' ? type : undefined,
  }
}

function sharesOf({ spec }: PriorityLevelConfiguration): number {
  if (spec?.type === 'Exempt') return spec.exempt?.nominalConcurrencyShares ?? 0
  return spec?.limited?.nominalConcurrencyShares ?? defaultShares
}

function levelOf(object: PriorityLevelConfiguration, shareSum: number, concurrency: number): Level {
  const { spec } = object
  const nominal = shareSum === 0 ? 0 : Math.ceil((concurrency * sharesOf(object)) / shareSum)
  const exempt = spec?.type === 'Exempt'
  const lendable = Math.round((nominal * ((exempt ? spec?.exempt : spec?.limited)?.lendablePercent ?? 0)) / 100)
  const limit = exempt ? undefined : spec?.limited?.borrowingLimitPercent
  const borrowable = limit === undefined ? concurrency : Math.round((nominal * limit) / 100)
  const given = spec?.limited?.limitResponse
  const queuing = given?.type === 'Queue' ? { queues: 64, handSize: 8, queueLengthLimit: 50, ...given.queuing } : undefined
  const handSize = queuing?.handSize ?? 1
  return {
    name: nameOf(object),
    uid: object.metadata?.uid ?? '',
    exempt,
    ...(queuing === undefined ? {} : { queuing }),
    nominal,
    min: nominal - lendable,
    max: nominal + borrowable,
    maxSeats: Math.max(1, Math.min(Math.ceil(nominal * maxSeatsFraction), Math.floor(nominal / handSize))),
  }
}
