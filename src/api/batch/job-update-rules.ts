// What may change of a Job. Words: pkg/apis/batch/validation upstream.

import type { Job, JobSpec, JobStatus } from '../../../openapi/types/batch/v1.ts'
import type { PodTemplateSpec } from '../../../openapi/types/core/v1.ts'
import { semanticDeepEqual, semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, invalidValue } from '../../apimachinery/field-errors.ts'
import { immutableField, immutableText } from '../../apimachinery/object-meta.ts'
import { immutableSelector } from '../apps/workload-rules.ts'
import { jobConditionIs } from './queries.ts'

const fixedFields = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const

/** Selector, template and most of the spec stay; completions of an indexed job follow its parallelism. */
export function jobUpdateErrors(job: Job, old: Job): FieldError[] {
  const path = at('spec')
  const { spec } = job
  return [
    ...completionsErrors(spec, old.spec),
    ...immutableSelector(spec?.selector, old.spec?.selector),
    ...templateErrors(spec, old),
    ...fixedFields.flatMap((field) => immutableField(spec?.[field], old.spec?.[field], path.child(field))),
  ]
}

function completionsErrors(spec: JobSpec | undefined, old: JobSpec | undefined): FieldError[] {
  const path = at('spec', 'completions')
  if (spec?.completionMode !== 'Indexed') return immutableField(spec?.completions, old?.completions, path)
  if (spec.completions === undefined || spec.completions === old?.completions || spec.completions === spec.parallelism) return []
  return [invalidValue(path, spec.completions, 'can only be modified in tandem with spec.parallelism')]
}

/** A suspended job without pods may still change where its pods go and what they need. */
function templateErrors(spec: JobSpec | undefined, old: Job): FieldError[] {
  const mayChange = old.spec?.suspend === true && isIdle(old.status)
  const before = old.spec?.template
  if (semanticEqual(spec?.template, before)) return []
  if (mayChange && semanticDeepEqual(fixedTemplate(spec?.template), fixedTemplate(before))) return []
  return [invalidValue(at('spec', 'template'), spec?.template ?? null, immutableText)]
}

function isIdle(status: JobStatus | undefined): boolean {
  if ((status?.active ?? 0) > 0) return false
  return status?.startTime === undefined || jobConditionIs(status, 'Suspended', 'True')
}

/** The template without what may change while the job is suspended. */
function fixedTemplate(template: PodTemplateSpec | undefined): unknown {
  const { labels: _labels, annotations: _annotations, ...metadata } = template?.metadata ?? {}
  const {
    affinity,
    nodeSelector: _selector,
    tolerations: _tolerations,
    schedulingGates: _gates,
    ...spec
  } = template?.spec ?? { containers: [] }
  const { nodeAffinity: _nodeAffinity, ...otherAffinity } = affinity ?? {}
  const withoutResources = (list: readonly { name: string; resources?: unknown }[] | undefined): unknown =>
    list?.map(({ resources: _resources, ...container }) => container)
  return {
    metadata,
    affinity: otherAffinity,
    spec: { ...spec, containers: withoutResources(spec.containers), initContainers: withoutResources(spec.initContainers) },
  }
}
