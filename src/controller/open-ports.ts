// Which ports the controllers of the built-in list are given.
import type { ComponentContext } from '../component.ts'
import { namespaceContent, objectGraph, openDiscovery } from './ports.ts'

/** The ports over the public API that controllers of all kinds need. */
export function openPorts(context: ComponentContext): Record<string, unknown> {
  const { client, clock, random, log, signal } = context
  const options = { client, clock, random, signal, onError: (message: string, err: unknown) => log.debug({ err }, message) }
  const discovery = openDiscovery(options)
  return { namespaceContent: namespaceContent(options, discovery), objectGraph: objectGraph(options, discovery) }
}
