// The difference of two JSON values as people read it: the tail of messages about immutable specs.

type Fields = Record<string, unknown>

const maxLines = 60
const maxValueChars = 400

/** Lines with `-` and `+` for what differs below a Go type, with the names of Go's fields; equal fields are counted only. */
export function valueDiff(typeName: string, before: unknown, after: unknown): string {
  const lines = diffLines(before, after, '', typeName)
  if (lines.length > maxLines) lines.splice(maxLines, lines.length, '  \t... // more differences')
  return `${lines.join('\n')}\n`
}

function diffLines(before: unknown, after: unknown, indent: string, label: string): string[] {
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after)) {
    return [...changeLine('-', before, indent, label), ...changeLine('+', after, indent, label)]
  }
  const lines = [`  ${indent}${label}{`]
  let identical = 0
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [a, b] = [(before as Fields)[key], (after as Fields)[key]]
    if (JSON.stringify(a) === JSON.stringify(b)) identical++
    else lines.push(...diffLines(a, b, `${indent}\t`, Array.isArray(after) ? '' : `${goName(key)}: `))
  }
  if (identical > 0) lines.push(`  ${indent}\t... // ${identical} identical ${Array.isArray(after) ? 'elements' : 'fields'}`)
  return [...lines, `  ${indent}}${indent === '' ? '' : ','}`]
}

function changeLine(sign: '-' | '+', value: unknown, indent: string, label: string): string[] {
  if (value === undefined) return []
  const text = JSON.stringify(value) ?? ''
  return [`${sign} ${indent}${label}${text.length > maxValueChars ? `${text.slice(0, maxValueChars)}...` : text},`]
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function goName(field: string): string {
  return field.charAt(0).toUpperCase() + field.slice(1)
}
