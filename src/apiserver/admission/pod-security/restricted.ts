// The restricted level: today's hardening practice, on top of the baseline. Sorted by id, as upstream's messages are.
import type { Volume } from '../../../../openapi/types/core/v1.ts'
import { badSeccompTypes, procMount } from './baseline.ts'
import {
  badContainers,
  type Check,
  type Checked,
  containersOf,
  containersText,
  isExemptWindows,
  isInUserNamespace,
  plural,
  podContext,
  quoted,
  settersText,
  unique,
  type Violation,
} from './check.ts'

const allowedVolumes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

export const restrictedChecks: readonly Check[] = [
  { id: 'allowPrivilegeEscalation', since: 8, check: privilegeEscalation },
  { id: 'capabilities_restricted', since: 22, overrides: 'capabilities_baseline', check: droppedCapabilities },
  { id: 'procMount_restricted', since: 35, overrides: 'procMount', check: procMount },
  { id: 'restrictedVolumes', since: 0, overrides: 'hostPathVolumes', check: volumeTypes },
  { id: 'runAsNonRoot', since: 0, check: (pod) => (isInUserNamespace(pod) ? undefined : runAsNonRoot(pod)) },
  { id: 'runAsUser', since: 23, check: (pod) => (isInUserNamespace(pod) ? undefined : runAsUser(pod)) },
  { id: 'seccompProfile_restricted', since: 19, overrides: 'seccompProfile_baseline', check: seccompProfile },
]

function privilegeEscalation(pod: Checked): Violation | undefined {
  if (isExemptWindows(pod)) return undefined
  const names = badContainers(pod, (_, context) => context.allowPrivilegeEscalation !== false)
  if (names.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containersText(names)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

function droppedCapabilities(pod: Checked): Violation | undefined {
  if (isExemptWindows(pod)) return undefined
  const added = (list: readonly string[] | undefined): string[] => (list ?? []).filter((name) => name !== 'NET_BIND_SERVICE')
  const missing = badContainers(pod, (_, context) => !(context.capabilities?.drop ?? []).includes('ALL'))
  const adding = badContainers(pod, (_, context) => added(context.capabilities?.add).length > 0)
  const list = unique(containersOf(pod).flatMap(({ securityContext }) => added(securityContext?.capabilities?.add)))
  const details = [
    ...(missing.length > 0 ? [`${containersText(missing)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0 ? [`${containersText(adding)} must not include ${quoted(list)} in securityContext.capabilities.add`] : []),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

function volumeTypes({ spec }: Checked): Violation | undefined {
  const bad = (spec.volumes ?? []).filter((volume) => !allowedVolumes.has(sourceOf(volume)))
  if (bad.length === 0) return undefined
  const types = unique(bad.map(sourceOf))
  const names = `${plural('volume', bad.length)} ${quoted(bad.map(({ name }) => name))}`
  const verb = bad.length === 1 ? 'uses' : 'use'
  return {
    reason: 'restricted volume types',
    detail: `${names} ${verb} ${plural('restricted volume type', types.length)} ${quoted(types)}`,
  }
}

function sourceOf(volume: Volume): string {
  return Object.entries(volume).find(([field, value]) => field !== 'name' && value !== undefined)?.[0] ?? 'unknown'
}

function runAsNonRoot(pod: Checked): Violation | undefined {
  const reason = 'runAsNonRoot != true'
  const own = podContext(pod).runAsNonRoot
  const explicit = settersText(
    own === false,
    badContainers(pod, (_, context) => context.runAsNonRoot === false),
  )
  if (explicit !== '') return { reason, detail: `${explicit} must not set securityContext.runAsNonRoot=false` }
  const implicit = own === true ? [] : badContainers(pod, (_, context) => context.runAsNonRoot === undefined)
  if (implicit.length === 0) return undefined
  return { reason, detail: `pod or ${containersText(implicit)} must set securityContext.runAsNonRoot=true` }
}

function runAsUser(pod: Checked): Violation | undefined {
  const setters = settersText(
    podContext(pod).runAsUser === 0,
    badContainers(pod, (_, context) => context.runAsUser === 0),
  )
  return setters === '' ? undefined : { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` }
}

function seccompProfile(pod: Checked): Violation | undefined {
  if (isExemptWindows(pod)) return undefined
  const bad = badSeccompTypes(pod)
  if (bad !== undefined) return bad
  const missing =
    podContext(pod).seccompProfile === undefined ? badContainers(pod, (_, context) => context.seccompProfile === undefined) : []
  if (missing.length === 0) return undefined
  const detail = `pod or ${containersText(missing)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`
  return { reason: 'seccompProfile', detail }
}
