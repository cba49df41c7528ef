// Which macros there are, and how many variables and bodies each takes.

export type MacroName =
  | 'all'
  | 'exists'
  | 'existsOne'
  | 'map'
  | 'filter'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry'
  | 'optMap'
  | 'optFlatMap'
  | 'sortBy'

/** Number of arguments by macro: variables first, then bodies. */
export const macros: Readonly<Record<string, { name: MacroName; forms: readonly (readonly [variables: number, bodies: number])[] }>> = {
  all: {
    name: 'all',
    forms: [
      [1, 1],
      [2, 1],
    ],
  },
  exists: {
    name: 'exists',
    forms: [
      [1, 1],
      [2, 1],
    ],
  },
  exists_one: { name: 'existsOne', forms: [[1, 1]] },
  existsOne: {
    name: 'existsOne',
    forms: [
      [1, 1],
      [2, 1],
    ],
  },
  map: {
    name: 'map',
    forms: [
      [1, 1],
      [1, 2],
    ],
  },
  filter: { name: 'filter', forms: [[1, 1]] },
  transformList: {
    name: 'transformList',
    forms: [
      [2, 1],
      [2, 2],
    ],
  },
  transformMap: {
    name: 'transformMap',
    forms: [
      [2, 1],
      [2, 2],
    ],
  },
  transformMapEntry: {
    name: 'transformMapEntry',
    forms: [
      [2, 1],
      [2, 2],
    ],
  },
  optMap: { name: 'optMap', forms: [[1, 1]] },
  optFlatMap: { name: 'optFlatMap', forms: [[1, 1]] },
  sortBy: { name: 'sortBy', forms: [[1, 1]] },
}
