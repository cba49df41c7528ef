// The bridge to the selector parsers of apimachinery.
import { badRequest } from '../apimachinery/api-error.ts'

export interface FieldTerm {
  field: string
  value: string
  equal: boolean
}

/** A predicate over labels. Throws 400. */
export function parseLabelSelector(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const terms = text.split(',').map((term) => /^([^!=]+)(!=|==|=)(.*)$/.exec(term.trim()))
  return (labels) =>
    terms.every((term) => {
      if (term === null) throw badRequest(`unable to parse requirement: ${text}`)
      return (labels[term[1]!] === term[3]!) === (term[2] !== '!=')
    })
}

/** The terms of a field selector. Throws 400. */
export function parseFieldSelector(text: string): FieldTerm[] {
  if (text === '') return []
  return text.split(',').map((term) => {
    const match = /^(.*?)(!=|==|=)(.*)$/.exec(term)
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    return { field: match[1]!, value: match[3]!, equal: match[2] !== '!=' }
  })
}
