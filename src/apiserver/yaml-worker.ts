// The thread that parses YAML texts too long for the event loop: bytes in, JSON text out.
import { parentPort } from 'node:worker_threads'
import { stringifyJson } from '../apimachinery/json.ts'
import { parseYaml, YamlError } from '../apimachinery/schema/yaml.ts'

/** A text to parse. */
export interface YamlOrder {
  id: number
  text: Uint8Array
  maxBytes: number
}

/** What became of it: JSON, or why it is none. */
export type YamlReply = { id: number; json: string; strictErrors: string[] } | { id: number; error: string }

parentPort?.on('message', ({ id, text, maxBytes }: YamlOrder) => parentPort!.postMessage(reply(id, text, maxBytes)))

function reply(id: number, text: Uint8Array, maxBytes: number): YamlReply {
  const strictErrors: string[] = []
  try {
    const value = parseYaml(text, { maxBytes, onDuplicate: (error) => strictErrors.length < 100 && strictErrors.push(error) })
    return { id, json: stringifyJson(value), strictErrors }
  } catch (error) {
    if (error instanceof YamlError) return { id, error: error.message }
    return { id, error: `yaml: ${error instanceof Error ? error.message : String(error)}` }
  }
}
