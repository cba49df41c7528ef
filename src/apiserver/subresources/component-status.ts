// ComponentStatus (deprecated, `kubectl get cs`): the health of controller-manager, scheduler and store, found on read, never stored.
// Upstream asks ports on the own machine; here a component is well while it renews its lease, wherever it runs.
import type { ComponentStatus } from '../../../openapi/types/core/v1.ts'
import { Lease } from '../../api/coordination/lease.ts'
import { notFound } from '../../apimachinery/api-error.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from '../context.ts'
import { listOptions } from '../parameters.ts'
import { encodeView } from '../respond.ts'
import { selection } from '../selection.ts'
import { columnDefinitions, includeObjectOf, tableKind, tableRow } from '../table.ts'

const leases: Readonly<Record<string, string>> = { 'controller-manager': 'kube-controller-manager', scheduler: 'kube-scheduler' }
const storeName = 'etcd-0'

/** GET of one and of all. */
export const componentStatuses: Subresource = {
  name: '',
  kinds: ['componentstatuses'],
  verbs: ['get', 'list'],
  handle: async (request, server) => {
    const { info, resolved, query } = request
    if (info.verb === 'list') {
      const { labelSelector, fieldSelector } = listOptions(query)
      const chosen = selection(resolved!, labelSelector, fieldSelector)
      const all = await Promise.all([...Object.keys(leases), storeName].map((name) => statusOf(server, name)))
      return listAnswer(server, request, all.filter(chosen.matches))
    }
    const name = info.parts[1] ?? ''
    if (!Object.hasOwn(leases, name) && name !== storeName) throw notFound({ group: '', resource: 'componentstatus' }, name)
    return { type: 'object', object: await statusOf(server, name) }
  },
}

async function statusOf(server: ServerContext, name: string): Promise<KubeObject> {
  const fault = name === storeName ? await storeFault(server) : leaseFault(server, leases[name]!)
  const condition = { type: 'Healthy', status: fault === undefined ? 'True' : 'False', message: fault === undefined ? 'ok' : '' }
  const status: ComponentStatus = {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ ...condition, ...(fault === undefined ? {} : { error: fault }) }],
  }
  return status as KubeObject
}

async function storeFault({ storage }: ServerContext): Promise<string | undefined> {
  try {
    await storage.currentRevision()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function leaseFault({ read, clock }: ServerContext, name: string): string | undefined {
  const spec = read.get(Lease, 'kube-system', name)?.spec
  if (!spec?.holderIdentity || spec.renewTime === undefined) return `nobody holds the lease kube-system/${name}`
  const age = (clock.now() - Date.parse(spec.renewTime)) / 1000
  return age <= (spec.leaseDurationSeconds ?? 15)
    ? undefined
    : `the lease kube-system/${name} has not been renewed for ${Math.round(age)} s`
}

function listAnswer(server: ServerContext, { resolved, view, query }: RequestContext, items: readonly KubeObject[]): Answer {
  const kind = tableKind(resolved!)
  const include = includeObjectOf(query)
  const version = view.asVersion ?? 'v1'
  const row = (item: KubeObject) => tableRow(kind, item, item, include, version, server.clock.now())
  const bare = ({ kind: _kind, apiVersion: _apiVersion, ...item }: KubeObject) => item
  const list =
    view.as === 'Table'
      ? {
          kind: 'Table',
          apiVersion: `meta.k8s.io/${version}`,
          metadata: {},
          columnDefinitions: columnDefinitions(kind),
          rows: items.map(row),
        }
      : { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items: items.map(bare) }
  return { type: 'raw', contentType: view.contentType, body: encodeView(view, list) }
}
