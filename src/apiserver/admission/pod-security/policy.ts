// A namespace's labels as a policy, and a pod judged by it. Pure.
import type { PodSpec } from '../../../../openapi/types/core/v1.ts'
import { at, type FieldError, invalidValue } from '../../../apimachinery/field-errors.ts'
import type { ObjectMeta } from '../../../apimachinery/meta.ts'
import { baselineChecks } from './baseline.ts'
import type { Violation } from './check.ts'
import { restrictedChecks } from './restricted.ts'

export const levels = ['privileged', 'baseline', 'restricted'] as const
export type Level = (typeof levels)[number]

/** `baseline:v1.30`; `minor` is Infinity for latest. */
export interface LevelVersion {
  level: Level
  minor: number
}

export interface Policy {
  enforce: LevelVersion
  audit: LevelVersion
  warn: LevelVersion
}

const prefix = 'pod-security.kubernetes.io/'
type Mode = keyof Policy

/** The policy of a namespace; what its labels do not say is privileged:latest. Wrong labels are told, and read as strictly as upstream does. */
export function policyOf(labels: Readonly<Record<string, string>> | undefined): { policy: Policy; errors: FieldError[] } {
  const errors: FieldError[] = []
  const label = (name: string): string | undefined => (Object.hasOwn(labels ?? {}, prefix + name) ? labels?.[prefix + name] : undefined)
  const wrong = (name: string, value: string, text: string) =>
    errors.push(invalidValue(at('metadata', 'labels').key(prefix + name), value, text))
  const read = (mode: Mode, fallback: Level): LevelVersion => {
    const level = label(mode)
    const known = level === undefined ? 'privileged' : levels.find((candidate) => candidate === level)
    if (known === undefined) wrong(mode, level ?? '', `must be one of ${levels.join(', ')}`)
    const version = label(`${mode}-version`) ?? 'latest'
    const minor = version === 'latest' ? Number.POSITIVE_INFINITY : /^v1\.(0|[1-9]\d{0,8})$/.exec(version)?.[1]
    if (minor === undefined) wrong(`${mode}-version`, version, 'must be "latest" or "v1.x"')
    return { level: known ?? fallback, minor: Number(minor ?? Number.POSITIVE_INFINITY) }
  }
  const policy = { enforce: read('enforce', 'restricted'), audit: read('audit', 'privileged'), warn: read('warn', 'privileged') }
  const enforced = levels.includes(label('enforce') as Level) && policy.enforce.level !== 'privileged'
  if (enforced && label('warn') === undefined) {
    policy.warn = { level: policy.enforce.level, minor: label('warn-version') === undefined ? policy.enforce.minor : policy.warn.minor }
  }
  return { policy, errors }
}

/** `restricted:latest`. */
export function levelText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === Number.POSITIVE_INFINITY ? 'latest' : `v1.${minor}`}`
}

/** What a pod violates, baseline first. */
export function violations({ level, minor }: LevelVersion, metadata: ObjectMeta, spec: PodSpec): Violation[] {
  if (level === 'privileged') return []
  const restricted = level === 'restricted' ? restrictedChecks.filter(({ since }) => since <= minor) : []
  const overridden = new Set(restricted.map(({ overrides }) => overrides))
  const baseline = baselineChecks.filter(({ id, since }) => since <= minor && !overridden.has(id))
  return [...baseline, ...restricted].map(({ check }) => check({ metadata, spec, minor })).filter((violation) => violation !== undefined)
}

/** `host namespaces (hostNetwork=true), privileged (container "c" must …)`. */
export function violationsText(list: readonly Violation[]): string {
  return list.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ')
}
