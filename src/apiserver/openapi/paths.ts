// Grouping of operations into path items, shared by the two printers.
import type { Operation } from './operations.ts'
import type { Parameter } from './parameters.ts'

/** Path → its operations, paths sorted. */
export function groupByPath(operations: readonly Operation[]): Map<string, Operation[]> {
  const groups = Map.groupBy(operations, (operation) => operation.path)
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Parameters that every operation of a path has: they are printed once, beside the operations. The objects returned stand in every list. */
export function sharedParameters(operations: readonly Operation[]): Parameter[] {
  const [first, ...rest] = operations
  const shared: Parameter[] = []
  for (const parameter of first?.parameters ?? []) {
    const twins = rest.map((operation) => operation.parameters.findIndex((other) => same(other, parameter)))
    if (twins.includes(-1)) continue
    shared.push(parameter)
    rest.forEach((operation, i) => {
      operation.parameters[twins[i]!] = parameter
    })
  }
  return shared.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function same(a: Parameter, b: Parameter): boolean {
  return a.name === b.name && a.in === b.in && a.type === b.type && a.description === b.description
}
