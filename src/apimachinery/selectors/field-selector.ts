// Field selectors (`spec.nodeName=n1,status.phase!=Failed`): only equality. Grammar and texts of k8s.io/apimachinery/pkg/fields.
import { badRequest } from '../api-error.ts'

export interface FieldTerm {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** All terms must hold; none = everything matches. */
export type FieldSelector = readonly FieldTerm[]

/** Reads a field selector; `\,` `\=` and `\\` are literal in values. @throws ApiError BadRequest */
export function parseFieldSelector(text: string): FieldSelector {
  return splitTerms(text)
    .filter((term) => term !== '')
    .sort()
    .map((term) => parseTerm(term, text))
}

function splitTerms(text: string): string[] {
  const terms: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === ',') {
      terms.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...terms, text.slice(start)]
}

function parseTerm(term: string, whole: string): FieldTerm {
  const match = /^([^=!]*(?:!(?!=)[^=!]*)*)(!=|==|=)(.*)$/s.exec(term)
  if (match === null) throw badRequest(`invalid selector: '${whole}'; can't understand '${term}'`)
  const [, field = '', operator, value = ''] = match
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescaped(value) }
}

function unescaped(value: string): string {
  if (!/[\\,=]/.test(value)) return value
  let text = ''
  const chars = [...value]
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] as string
    if (char === '\\') {
      const next = chars[++at]
      if (next === undefined || !'\\,='.includes(next)) throw badRequest(`invalid field selector: invalid escape sequence: \\${next ?? ''}`)
      text += next
    } else if (char === ',' || char === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${char.codePointAt(0)}`)
    } else text += char
  }
  return text
}

/** A value as it must stand in a selector's text. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, (char) => `\\${char}`)
}

/** Whether an object satisfies a selector; `read` gives a field's text ("" when unset). */
export function matchesFields(selector: FieldSelector, read: (field: string) => string): boolean {
  for (const { field, operator, value } of selector) if ((read(field) === value) !== (operator === '=')) return false
  return true
}

/** The value a selector demands of a field, when it demands one. */
export function exactField(selector: FieldSelector, field: string): string | undefined {
  return selector.find((term) => term.field === field && term.operator === '=')?.value
}

/** What {@link parseFieldSelector} reads. */
export function fieldSelectorText(selector: FieldSelector): string {
  return selector.map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`).join(',')
}

/**
 * Refuses fields a kind cannot select by. `own`: the kind's fields beyond metadata.name and metadata.namespace.
 * @throws ApiError BadRequest `field label not supported: x`, or for kinds without own fields `"x" is not a known field selector: …`
 */
export function checkFieldSelector(selector: FieldSelector, own: ReadonlySet<string>): void {
  for (const { field } of selector) {
    if (field === 'metadata.name' || field === 'metadata.namespace' || own.has(field)) continue
    if (own.size > 0) throw badRequest(`field label not supported: ${field}`)
    throw badRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`)
  }
}
