// Rules of LimitRanges: bounds that do not contradict one another, and defaults that follow from them.
import type { LimitRange, LimitRangeItem } from '../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, duplicate, forbiddenField, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { getOwn, setOwn } from '../../apimachinery/json.ts'
import { qualifiedName } from '../../apimachinery/names.ts'
import { compareQuantities, milliValue } from '../../apimachinery/quantity.ts'
import { invalidFor } from '../shared/checks.ts'
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from './resource-names.ts'

/** For containers: default limit from max; default request from the default limit, else from min. Mutates. */
export function computeLimitDefaults({ spec }: LimitRange): void {
  for (const item of spec?.limits ?? []) {
    if (item.type !== 'Container') continue
    const limits = { ...item.default }
    fillFrom(limits, item.max)
    const requests = { ...item.defaultRequest }
    fillFrom(requests, limits)
    fillFrom(requests, item.min)
    if (Object.keys(limits).length > 0) item.default = limits
    if (Object.keys(requests).length > 0) item.defaultRequest = requests
  }
}

function fillFrom(target: Record<string, string>, source: Readonly<Record<string, string>> | undefined): void {
  for (const [name, value] of Object.entries(source ?? {})) if (!Object.hasOwn(target, name)) setOwn(target, name, value)
}

/** A LimitRange, new or updated. */
export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const path = at('spec', 'limits')
  const errors: FieldError[] = []
  const types = new Set<string>()
  for (const [index, item] of (spec?.limits ?? []).entries()) {
    const where = path.index(index)
    errors.push(...typeErrors(item.type ?? '', where.child('type')))
    if (types.has(item.type)) errors.push(duplicate(where.child('type'), item.type))
    types.add(item.type)
    errors.push(...itemErrors(item, where))
  }
  return errors
}

const standardTypes = ['Pod', 'Container', 'PersistentVolumeClaim']

function typeErrors(type: string, path: Path): FieldError[] {
  const errors = invalidFor(path, type, qualifiedName(type))
  if (errors.length > 0 || type.includes('/') || standardTypes.includes(type)) return errors
  return [invalidValue(path, type, 'must be a standard limit type or fully qualified')]
}

function itemErrors(item: LimitRangeItem, path: Path): FieldError[] {
  const isPod = item.type === 'Pod'
  const nameCheck = isPod || item.type === 'Container' ? validateContainerResourceName : validateResourceName
  const errors: FieldError[] = []
  const names = new Set<string>()
  const collect = (field: 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio') => {
    for (const name of Object.keys(item[field] ?? {})) {
      errors.push(...nameCheck(name, path.child(field).key(name)))
      names.add(name)
    }
  }
  collect('max')
  collect('min')
  for (const field of ['default', 'defaultRequest'] as const) {
    if (!isPod) collect(field)
    else if (Object.keys(item[field] ?? {}).length > 0)
      errors.push(forbiddenField(path.child(field), "may not be specified when `type` is 'Pod'"))
  }
  if (item.type === 'PersistentVolumeClaim' && item.min?.storage === undefined && item.max?.storage === undefined) {
    errors.push(required(path.child('limits'), 'either minimum or maximum storage value is required, but neither was provided'))
  }
  collect('maxLimitRequestRatio')
  for (const name of names) errors.push(...boundErrors(item, name, isPod, path))
  return errors
}

/** Each pair that must be in order: which, where the error stands, whose value it shows, and its words. */
function boundErrors(item: LimitRangeItem, name: string, isPod: boolean, path: Path): FieldError[] {
  const [min, max] = [getOwn(item.min, name), getOwn(item.max, name)]
  const limit = isPod ? undefined : getOwn(item.default, name)
  const request = isPod ? undefined : getOwn(item.defaultRequest, name)
  const pairs: [string | undefined, string | undefined, string, string | undefined, string, string][] = [
    [min, max, 'min', min, 'min value', 'max value'],
    [min, request, 'defaultRequest', request, 'min value', 'default request value'],
    [request, max, 'defaultRequest', request, 'default request value', 'max value'],
    [request, limit, 'defaultRequest', request, 'default request value', 'default limit value'],
    [min, limit, 'default', min, 'min value', 'default value'],
    [limit, max, 'default', max, 'default value', 'max value'],
  ]
  const errors: FieldError[] = []
  for (const [low, high, field, shown, lowName, highName] of pairs) {
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) continue
    errors.push(invalidValue(path.child(field).key(name), shown, `${lowName} ${low} is greater than ${highName} ${high}`))
  }
  errors.push(...ratioErrors(getOwn(item.maxLimitRequestRatio, name), min, max, path.child('maxLimitRequestRatio').key(name)))
  if (!isOvercommitAllowed(name) && limit !== undefined && request !== undefined && compareQuantities(limit, request) !== 0) {
    const detail = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`
    errors.push(invalidValue(path.child('defaultRequest').key(name), request, detail))
  }
  return errors
}

function ratioErrors(ratio: string | undefined, min: string | undefined, max: string | undefined, path: Path): FieldError[] {
  if (ratio === undefined) return []
  const errors = compareQuantities(ratio, 1) < 0 ? [invalidValue(path, ratio, `ratio ${ratio} is less than 1`)] : []
  if (min === undefined || max === undefined) return errors
  const limit = milliValue(max) / milliValue(min)
  if (milliValue(ratio) / 1000 <= limit) return errors
  return [...errors, invalidValue(path, ratio, `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`)]
}
