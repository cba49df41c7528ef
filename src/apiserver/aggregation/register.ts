// Keeps the APIServices of the server's own group versions and of those of CustomResourceDefinitions: one round at a time.
import type { APIService as APIServiceObject } from '../../../openapi/types/apiregistration/v1.ts'
import { CustomResourceDefinition } from '../../api/apiextensions/customresourcedefinition.ts'
import { APIService } from '../../api/apiregistration/apiservice.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../../apimachinery/api-error.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { ServerContext } from '../context.ts'
import { ownWrite } from '../crd/own-write.ts'
import { deleteObject } from '../deletion.ts'
import { createObject, updateObject } from '../store.ts'
import { registrationStep, wantedApiServices } from './registrations.ts'

const apiServiceKind = APIService as unknown as Kind
const retryMs = 1_000
/** Writes under way at once. */
const together = 32

/** Registers what is missing; resolves when that is done once. Goes on until the server shuts down. */
export function keepRegistered(server: ServerContext): Promise<void> {
  const { registry, cache, read, signal } = server
  const atStart = new Set(read.list(APIService).map(nameOf))
  const synced = new Set<string>()
  let pending = false
  let running: Promise<void> | undefined

  const round = async (): Promise<void> => {
    const wanted = wantedApiServices(registry, read.list(CustomResourceDefinition))
    const current = new Map(read.list(APIService).map((apiService) => [nameOf(apiService), apiService]))
    const names = [...new Set([...wanted.keys(), ...current.keys()])]
    for (let i = 0; i < names.length; i += together) {
      await Promise.all(
        names.slice(i, i + together).map(async (name) => {
          const state = { wanted: wanted.get(name), current: current.get(name), atStart: atStart.has(name), synced: synced.has(name) }
          const step = registrationStep(state)
          if (step !== undefined) await take(server, step, name, state.wanted)
          synced.add(name)
        }),
      )
    }
  }

  const work = async (): Promise<void> => {
    while (pending && !signal.aborted) {
      pending = false
      await round().catch((error: unknown) => {
        if (signal.aborted) return
        server.log.error({ err: error }, 'Cannot keep the APIServices of this server')
        server.clock.after(retryMs, wake)
      })
    }
    running = undefined
  }

  const wake = (): void => {
    pending = true
    running ??= work()
  }

  const buckets = [APIService, CustomResourceDefinition].map((kind) => cache.bucket(kind as unknown as Kind))
  for (const bucket of buckets) bucket.watchers.add(wake)
  const end = () => {
    for (const bucket of buckets) bucket.watchers.delete(wake)
  }
  signal.addEventListener('abort', end, { once: true })
  wake()
  return running ?? Promise.resolve()
}

function nameOf({ metadata }: APIServiceObject): string {
  return metadata?.name ?? ''
}

async function take(
  server: ServerContext,
  step: 'create' | 'update' | 'delete',
  name: string,
  wanted: APIServiceObject | undefined,
): Promise<void> {
  const write = ownWrite(server, apiServiceKind, undefined, name)
  try {
    if (step === 'delete') await deleteObject(write, {}, { skipAdmission: true })
    else if (step === 'create') await createObject(write, typed(wanted))
    else
      await updateObject(write, (current) => {
        const draft = structuredClone(current) as APIServiceObject
        return { ...draft, spec: structuredClone(wanted?.spec) } as KubeObject
      })
  } catch (error) {
    // the cache was behind: its next change brings the next round
    if (!isAlreadyExists(error) && !isNotFound(error) && !isConflict(error)) throw error
  }
}

function typed(wanted: APIServiceObject | undefined): KubeObject {
  return { kind: 'APIService', apiVersion: 'apiregistration.k8s.io/v1', ...structuredClone(wanted) } as KubeObject
}
