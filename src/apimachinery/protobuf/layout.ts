// The protobuf view of a struct schema: field number → field. Computed once per type, found by the identity of its `properties`.
import type { Schema } from '../schema/schema.ts'

/** What stands under a number: a field, or an inlined message whose fields belong to the same JSON object. */
export type Slot = { name: string; schema: Schema; inline?: undefined } | { inline: Layout }
export type Layout = Map<number, Slot>

const layouts = new WeakMap<object, Layout>()

/** The layout of a struct. Fields without a number (apiVersion, kind) are not in it. */
export function layoutOf(schema: Schema): Layout {
  const properties = schema.properties ?? {}
  const known = layouts.get(properties)
  if (known) return known
  const layout: Layout = new Map()
  for (const [name, field] of Object.entries(properties)) {
    if (!field.proto) continue
    let home = layout
    for (const number of field.proto.via ?? []) {
      const slot = home.get(number) ?? { inline: new Map() }
      home.set(number, slot)
      if (!slot.inline) throw new Error(`${schema.typeName}: number ${number} is both a field and an inlined message`)
      home = slot.inline
    }
    home.set(field.proto.number, { name, schema: field })
  }
  layouts.set(properties, layout)
  return layout
}
