// The thread for YAML too long for the event loop: texts are parsed to JSON, JSON is printed as YAML.
import { parentPort } from 'node:worker_threads'
import { parseJson, stringifyJson } from '../apimachinery/json.ts'
import { parseYaml, YamlError } from '../apimachinery/schema/yaml.ts'
import { yamlText } from './yaml-text.ts'

/** A text to parse, or JSON to print. */
export type YamlOrder = { id: number; text: Uint8Array; maxBytes: number } | { id: number; print: Uint8Array }

/** What became of it: JSON (or YAML), or why it is none. */
export type YamlReply = { id: number; result: string; strictErrors: string[] } | { id: number; error: string }

parentPort?.on('message', (order: YamlOrder) => {
  const answer = 'print' in order ? printed(order.id, order.print) : reply(order.id, order.text, order.maxBytes)
  parentPort!.postMessage(answer)
})

function printed(id: number, json: Uint8Array): YamlReply {
  return { id, result: yamlText(parseJson(json) as object), strictErrors: [] }
}

function reply(id: number, text: Uint8Array, maxBytes: number): YamlReply {
  const strictErrors: string[] = []
  try {
    const value = parseYaml(text, { maxBytes, onDuplicate: (error) => strictErrors.length < 100 && strictErrors.push(error) })
    return { id, result: stringifyJson(value), strictErrors }
  } catch (error) {
    if (error instanceof YamlError) return { id, error: error.message }
    return { id, error: `yaml: ${error instanceof Error ? error.message : String(error)}` }
  }
}
