// Validation of PriorityLevelConfigurations. Words: pkg/apis/flowcontrol/validation upstream.
import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from '../../../openapi/types/flowcontrol/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'

const maxQueues = 10_000_000
const maxHashBits = 60

/** Rules of a new or changed level. */
export function priorityLevelErrors({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const path = at('spec')
  const { type = '', limited, exempt } = spec ?? {}
  const errors: FieldError[] = []
  if ((metadata?.name === 'exempt') !== (type === 'Exempt')) {
    errors.push(invalidValue(path.child('type'), type, "must be 'Exempt' if and only if `name` is 'exempt'"))
  }
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(forbiddenField(path.child('limited'), 'must be nil if the type is not Limited'))
    return exempt === undefined ? errors : [...errors, ...sharesErrors(exempt, path.child('exempt'))]
  }
  if (type !== 'Limited') return [...errors, notSupported(path.child('type'), type, ['Exempt', 'Limited'])]
  if (exempt !== undefined) errors.push(forbiddenField(path.child('exempt'), 'must be nil if the type is Limited'))
  if (limited === undefined) return [...errors, required(path.child('limited'), 'must not be empty when type is Limited')]
  return [...errors, ...limitedErrors(limited, path.child('limited'))]
}

function limitedErrors(limited: LimitedPriorityLevelConfiguration, path: Path): FieldError[] {
  const borrowing = limited.borrowingLimitPercent
  const errors = [...sharesErrors(limited, path), ...responseErrors(limited.limitResponse ?? { type: '' }, path.child('limitResponse'))]
  if (borrowing !== undefined && borrowing < 0) {
    errors.push(invalidValue(path.child('borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer'))
  }
  return errors
}

function sharesErrors(
  { nominalConcurrencyShares: shares = 0, lendablePercent: lendable = 0 }: LimitedPriorityLevelConfiguration,
  path: Path,
) {
  const errors: FieldError[] = []
  if (shares < 0) errors.push(invalidValue(path.child('nominalConcurrencyShares'), shares, 'must be a non-negative integer'))
  if (lendable < 0 || lendable > 100) {
    errors.push(invalidValue(path.child('lendablePercent'), lendable, 'must be between 0 and 100, inclusive'))
  }
  return errors
}

function responseErrors({ type, queuing }: LimitResponse, path: Path): FieldError[] {
  const where = path.child('queuing')
  if (type === 'Reject') {
    return queuing === undefined ? [] : [forbiddenField(where, 'must be nil if limited.limitResponse.type is not Limited')]
  }
  if (type !== 'Queue') return [notSupported(path.child('type'), type ?? '', ['Queue', 'Reject'])]
  return queuing === undefined
    ? [required(where, 'must not be empty if limited.limitResponse.type is Limited')]
    : queuingErrors(queuing, where)
}

function queuingErrors({ queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (queueLengthLimit <= 0) errors.push(invalidValue(path.child('queueLengthLimit'), queueLengthLimit, 'must be positive'))
  if (queues <= 0) errors.push(invalidValue(path.child('queues'), queues, 'must be positive'))
  else if (queues > maxQueues) errors.push(invalidValue(path.child('queues'), queues, `must not be greater than ${maxQueues}`))
  const where = path.child('handSize')
  if (handSize <= 0) return [...errors, invalidValue(where, handSize, 'must be positive')]
  if (handSize > queues) return [...errors, invalidValue(where, handSize, `should not be greater than queues (${queues})`)]
  if (Math.ceil(Math.log2(queues) * handSize) <= maxHashBits) return errors
  const detail = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${maxHashBits}`
  return [...errors, invalidValue(where, handSize, detail)]
}
