// YAML as kubectl users read it.
import type { Tags } from 'yaml'
import { yamlLibrary } from '../apimachinery/schema/yaml-library.ts'

const options = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const
const mergeTag = 'tag:yaml.org,2002:merge'

/** The YAML of a JSON value; bigints are integers there too. A key `<<` of a user's map is quoted: plain, it would mean a merge. */
export function yamlText(value: object): string {
  const { Document, isScalar, Scalar, stringify, visit } = yamlLibrary()
  const text = stringify(value, options)
  if (!/^[ -]*<<:/m.test(text)) return text
  const document = new Document(value, { ...options, customTags: withoutMerge })
  visit(document, {
    Pair: (_key, { key }) => {
      if (isScalar(key) && key.value === '<<') key.type = Scalar.QUOTE_DOUBLE
    },
  })
  return document.toString({ lineWidth: 0 })
}

function withoutMerge(tags: Tags): Tags {
  return tags.filter((tag) => (typeof tag === 'string' ? tag !== 'merge' : tag.tag !== mergeTag))
}
