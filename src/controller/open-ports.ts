// Which ports the controllers of the built-in list are given.
import type { InformerFactory } from '../client/informer.ts'
import type { ComponentContext } from '../component.ts'
import { accessReview } from './access-review.ts'
import { metricsPort } from './metrics-port.ts'
import { namespaceContent, objectGraph, openDiscovery } from './ports.ts'
import { scalesPort } from './scales-port.ts'
import { storageMigrationPort } from './storage-migration-port.ts'

/** The ports over the public API that controllers of all kinds need. */
export function openPorts(context: ComponentContext & { informers: InformerFactory }): Record<string, unknown> {
  const { client, clock, random, log, signal, informers } = context
  const options = { client, clock, random, signal, informers, onError: (message: string, err: unknown) => log.debug({ err }, message) }
  const discovery = openDiscovery(options)
  return {
    accessReview: accessReview(client, signal),
    metrics: metricsPort(options, discovery),
    namespaceContent: namespaceContent(options, discovery),
    objectGraph: objectGraph(options, discovery),
    scales: scalesPort(options, discovery),
    storageMigration: storageMigrationPort(options, discovery),
  }
}
