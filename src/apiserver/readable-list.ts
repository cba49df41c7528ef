// Lists for humans (pretty JSON, YAML), printed item by item, so that ten thousand objects neither become one text nor hold up the loop.
import { parseJson, stringifyJson } from '../apimachinery/json.ts'
import type { View } from './context.ts'
import type { Frame, Item } from './list-writer.ts'
import { threadedYamlBytes } from './respond.ts'
import { yamlText } from './yaml-text.ts'
import { printYamlInThread } from './yaml-thread.ts'

/** The frame of a plain JSON list, for humans. The list of items is its last field. */
export function readableFrame({ head, item, tail }: Frame, encoding: View['encoding'], count: number): Frame {
  const shell = parseJson(head + tail) as Record<string, unknown>
  const name = Object.keys(shell).at(-1)!
  if (encoding === 'yaml') {
    const { [name]: _items, ...fields } = shell
    return { head: `${yamlText(fields)}${name}:${count === 0 ? ' []' : ''}\n`, item: yamlItem(item), separator: '', tail: '' }
  }
  const text = stringifyJson(shell, 2)
  if (count === 0) return { head: text, item, tail: '' }
  return { head: `${text.slice(0, text.lastIndexOf('[]'))}[`, item: prettyItem(item), tail: '\n  ]\n}' }
}

function yamlItem(item: Item): Item {
  return (entry, into) => {
    const bytes = bytesOf(item, entry)
    const write = (text: string) => into(indented(text, '  '))
    if (bytes.length < threadedYamlBytes) return write(yamlText([parseJson(bytes)]))
    return printYamlInThread(Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')])).then(write)
  }
}

function prettyItem(item: Item): Item {
  return (entry, into) => into(`\n${indented(stringifyJson(parseJson(bytesOf(item, entry)), 2), '    ')}`)
}

function bytesOf(item: Item, entry: Parameters<Item>[0]): Buffer {
  const pieces: Buffer[] = []
  void item(entry, (piece) => pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece))
  return Buffer.concat(pieces)
}

function indented(text: string, indent: string): string {
  return text.replace(/^(?=.)/gm, indent)
}
