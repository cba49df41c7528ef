// ControllerRevision: one immutable snapshot of a DaemonSet's or StatefulSet's template.
import type { ControllerRevision as ControllerRevisionObject } from '../../../openapi/types/apps/v1.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, required } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { splitApiVersion } from '../../apimachinery/meta.ts'
import { immutableField } from '../../apimachinery/object-meta.ts'
import { nonNegative } from '../shared/checks.ts'
import { ageColumn } from '../shared/columns.ts'
import { legacyWorkloads } from './legacy.ts'

export const ControllerRevision = defineKind<ControllerRevisionObject>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  scope: 'Namespaced',
  validate: revisionErrors,
  validateUpdate: (revision, old) => immutableField(revision.data, old.data, at('data')),
  served: legacyWorkloads('ControllerRevision'),
  columns: [
    { name: 'Controller', description: 'Owner of the revision.', value: controllerName },
    { name: 'Revision', description: 'Number of the revision.', value: (revision) => revision.revision ?? 0 },
    ageColumn,
  ],
})

/** `daemonset.apps/web` of the controlling owner, `<none>` without one. */
function controllerName(revision: ControllerRevisionObject): string {
  const owner = revision.metadata?.ownerReferences?.find((reference) => reference.controller === true)
  if (owner === undefined) return '<none>'
  const { group } = splitApiVersion(owner.apiVersion)
  const kind = group === '' ? owner.kind : `${owner.kind}.${group}`
  return kind === '' ? owner.name : `${kind.toLowerCase()}/${owner.name}`
}

function revisionErrors(revision: ControllerRevisionObject): FieldError[] {
  const errors = nonNegative(revision.revision, at('revision'))
  if (revision.data === undefined || revision.data === null) errors.push(required(at('data'), 'data is mandatory'))
  return errors
}
