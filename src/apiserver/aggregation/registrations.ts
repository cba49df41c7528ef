// The APIServices of what this server serves itself: which there should be, and what to do about one that is otherwise. Pure.
// Rules: kube-aggregator's autoregister and kube-apiserver's crdregistration controllers.

import type { CustomResourceDefinition as Crd } from '../../../openapi/types/apiextensions/v1.ts'
import type { APIService as APIServiceObject } from '../../../openapi/types/apiregistration/v1.ts'
import type { Registry } from '../../apimachinery/kind.ts'
import { groupPriority, versionPriority } from '../discovery/priorities.ts'

export const managedLabel = 'kube-aggregator.kubernetes.io/automanaged'
/** `onstart`: brought up to date once, when the server starts; `true`: always. */
type Managed = 'onstart' | 'true'

/** Groups that somebody else's server may take over for good: what it names is left alone. */
const yielding = new Set(['metrics.k8s.io'])

/** One APIService for every group version of the server, but for that of APIServices itself. By name. */
export function wantedApiServices(registry: Registry, crds: readonly Crd[]): Map<string, APIServiceObject> {
  const wanted = new Map<string, APIServiceObject>()
  const add = (group: string, version: string, managed: Managed) => {
    const name = `${version}.${group}`
    if (wanted.has(name)) return
    wanted.set(name, {
      metadata: { name, labels: { [managedLabel]: managed } },
      spec: {
        ...(group === '' ? {} : { group }),
        version,
        groupPriorityMinimum: groupPriority(group),
        versionPriority: versionPriority(group, version),
      },
    })
  }
  for (const { kind, group, version } of registry.resolved()) {
    if (kind.custom !== true && group !== 'apiregistration.k8s.io') add(group, version, yielding.has(group) ? 'true' : 'onstart')
  }
  for (const { spec } of crds) for (const { name, served } of spec.versions) if (served) add(spec.group, name, 'true')
  return wanted
}

export interface RegistrationState {
  wanted: APIServiceObject | undefined
  current: APIServiceObject | undefined
  /** It was there when the server started. */
  atStart: boolean
  /** It has been right once since then. */
  synced: boolean
}

/** What to do about one APIService. */
export function registrationStep({ wanted, current, atStart, synced }: RegistrationState): 'create' | 'update' | 'delete' | undefined {
  if (managedBy(wanted) === 'onstart' && synced) return undefined
  if (current === undefined) return wanted === undefined ? undefined : 'create'
  const managed = managedBy(current)
  if (managed === undefined) return undefined
  if (managed === 'onstart' && (!atStart || synced)) return undefined
  if (current.spec?.service !== undefined && yielding.has(current.spec.group ?? '')) return undefined
  if (wanted === undefined) return 'delete'
  return sameSpec(wanted.spec, current.spec) ? undefined : 'update'
}

function managedBy(apiService: APIServiceObject | undefined): Managed | undefined {
  const label = apiService?.metadata?.labels?.[managedLabel]
  return label === 'onstart' || label === 'true' ? label : undefined
}

function sameSpec(a: APIServiceObject['spec'], b: APIServiceObject['spec']): boolean {
  return (
    (a?.group ?? '') === (b?.group ?? '') &&
    a?.version === b?.version &&
    a?.groupPriorityMinimum === b?.groupPriorityMinimum &&
    a?.versionPriority === b?.versionPriority &&
    b?.service === undefined &&
    (b?.caBundle ?? '') === '' &&
    b?.insecureSkipTLSVerify !== true
  )
}
