// The 409 of server-side apply, in the words kubectl and Helm print.
import { ApiError } from '../api-error.ts'
import { printPath } from './field-set.ts'
import type { Manager } from './managers.ts'
import { identifierOf } from './managers.ts'
import type { Conflict } from './ownership.ts'

/** 409 with one cause per field. */
export function applyConflict(conflicts: readonly Conflict[]): ApiError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${printManager(manager)}`,
    field: printPath(path),
  }))
  return new ApiError('Conflict', conflictMessage(conflicts), { details: { causes } })
}

function conflictMessage(conflicts: readonly Conflict[]): string {
  const [first] = conflicts
  if (conflicts.length === 1)
    return `Apply failed with 1 conflict: conflict with ${printManager(first!.manager)}: ${printPath(first!.path)}`
  const byManager = new Map<string, string[]>()
  for (const { manager, path } of conflicts) {
    const identifier = identifierOf(manager)
    const lines = byManager.get(identifier) ?? [`conflicts with ${printManager(manager)}:`]
    byManager.set(identifier, [...lines, `- ${printPath(path)}`])
  }
  const lines = [...byManager].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, messages]) => messages)
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

/** `"kubectl"`, `"kubelet" with subresource "status" using v1`. */
function printManager(manager: Manager): string {
  const subresource = manager.subresource === '' ? '' : ` with subresource ${JSON.stringify(manager.subresource)}`
  const version = manager.operation === 'Update' ? ` using ${manager.apiVersion}` : ''
  return `${JSON.stringify(manager.name)}${subresource}${version}`
}
