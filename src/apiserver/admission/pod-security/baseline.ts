// The baseline level: no known ways to more privileges. Sorted by id, as upstream's messages are.
import type { LifecycleHandler, Probe } from '../../../../openapi/types/core/v1.ts'
import {
  badContainers,
  type Check,
  type Checked,
  containersOf,
  containersText,
  isInUserNamespace,
  plural,
  podContext,
  quoted,
  settersText,
  unique,
  type Violation,
} from './check.ts'

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'
const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompPrefix = 'container.seccomp.security.alpha.kubernetes.io/'
const profiles = ['RuntimeDefault', 'Localhost']
const capabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(' '),
)
const sysctlsSince: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
}

export const baselineChecks: readonly Check[] = [
  { id: 'appArmorProfile', since: 0, check: appArmorProfile },
  { id: 'capabilities_baseline', since: 0, check: addedCapabilities },
  { id: 'hostNamespaces', since: 0, check: hostNamespaces },
  { id: 'hostPathVolumes', since: 0, check: hostPathVolumes },
  { id: 'hostPorts', since: 0, check: hostPorts },
  { id: 'hostProbesAndHostLifecycle', since: 34, check: probeHosts },
  { id: 'privileged', since: 0, check: privileged },
  { id: 'procMount', since: 0, check: (pod) => (isInUserNamespace(pod) ? undefined : procMount(pod)) },
  { id: 'seLinuxOptions', since: 0, check: seLinuxOptions },
  { id: 'seccompProfile_baseline', since: 0, check: seccompProfile },
  { id: 'sysctls', since: 0, check: sysctls },
  { id: 'windowsHostProcess', since: 0, check: windowsHostProcess },
]

function appArmorProfile(pod: Checked): Violation | undefined {
  const bad = (type: string | undefined): boolean => type !== undefined && !profiles.includes(type)
  const own = podContext(pod).appArmorProfile?.type
  const names = badContainers(pod, (_, { appArmorProfile: profile }) => bad(profile?.type))
  const types = [own, ...containersOf(pod).map(({ securityContext }) => securityContext?.appArmorProfile?.type)].filter(bad) as string[]
  const annotations = Object.entries(pod.metadata.annotations ?? {})
    .filter(
      ([key, value]) => key.startsWith(appArmorPrefix) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  const values = [...unique(types), ...annotations]
  if (values.length === 0) return undefined
  const setters = [settersText(bad(own), names), ...(annotations.length > 0 ? [plural('annotation', annotations.length)] : [])]
  const detail = `${setters.filter((text) => text !== '').join(' and ')} must not set AppArmor profile type to ${quoted(values)}`
  return { reason: plural('forbidden AppArmor profile', values.length), detail }
}

function addedCapabilities(pod: Checked): Violation | undefined {
  const added = (list: readonly string[] | undefined): string[] => (list ?? []).filter((name) => !capabilities.has(name))
  const names = badContainers(pod, (_, context) => added(context.capabilities?.add).length > 0)
  if (names.length === 0) return undefined
  const list = unique(containersOf(pod).flatMap(({ securityContext }) => added(securityContext?.capabilities?.add)))
  return {
    reason: 'non-default capabilities',
    detail: `${containersText(names)} must not include ${quoted(list)} in securityContext.capabilities.add`,
  }
}

function hostNamespaces({ spec }: Checked): Violation | undefined {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true).map((field) => `${field}=true`)
  return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.join(', ') }
}

function hostPathVolumes({ spec }: Checked): Violation | undefined {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name)
  return names.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${plural('volume', names.length)} ${quoted(names)}` }
}

function hostPorts(pod: Checked): Violation | undefined {
  const names = badContainers(pod, ({ ports }) => (ports ?? []).some(({ hostPort }) => hostPort))
  if (names.length === 0) return undefined
  const ports = unique(
    containersOf(pod).flatMap((container) => (container.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []))),
  )
  const verb = names.length === 1 ? 'uses' : 'use'
  return { reason: 'hostPort', detail: `${containersText(names)} ${verb} ${plural('hostPort', ports.length)} ${ports.join(', ')}` }
}

function probeHosts(pod: Checked): Violation | undefined {
  const hosts = (handler: Probe | LifecycleHandler | undefined): string[] =>
    [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host) => host !== undefined && host !== '') as string[]
  const bad = containersOf(pod).flatMap((container) => {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container
    const found = [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(hosts)
    return found.map((host) => ({ name: container.name, host }))
  })
  if (bad.length === 0) return undefined
  const names = unique(bad.map(({ name }) => name))
  const list = unique(bad.map(({ host }) => host))
  const verb = names.length === 1 ? 'uses' : 'use'
  return {
    reason: 'probe or lifecycle host',
    detail: `${containersText(names)} ${verb} ${plural('probe or lifecycle host', list.length)} ${quoted(list)}`,
  }
}

function privileged(pod: Checked): Violation | undefined {
  const names = badContainers(pod, (_, context) => context.privileged === true)
  return names.length === 0
    ? undefined
    : { reason: 'privileged', detail: `${containersText(names)} must not set securityContext.privileged=true` }
}

/** Also the restricted level's rule, where it is never relaxed. */
export function procMount(pod: Checked): Violation | undefined {
  const bad = (mount: string | undefined): boolean => mount !== undefined && mount !== 'Default'
  const names = badContainers(pod, (_, context) => bad(context.procMount))
  if (names.length === 0) return undefined
  const types = unique(
    containersOf(pod).flatMap(({ securityContext }) => (bad(securityContext?.procMount) ? [securityContext?.procMount ?? ''] : [])),
  )
  return { reason: 'procMount', detail: `${containersText(names)} must not set securityContext.procMount to ${quoted(types)}` }
}

function seLinuxOptions(pod: Checked): Violation | undefined {
  const allowed = ['', 'container_t', 'container_init_t', 'container_kvm_t', ...(pod.minor >= 31 ? ['container_engine_t'] : [])]
  const options = [podContext(pod).seLinuxOptions, ...containersOf(pod).map(({ securityContext }) => securityContext?.seLinuxOptions)]
  const bad = (one: (typeof options)[number]): boolean =>
    one !== undefined && (!allowed.includes(one.type ?? '') || !!one.user || !!one.role)
  const names = badContainers(pod, (_, context) => bad(context.seLinuxOptions))
  const setters = settersText(bad(options[0]), names)
  if (setters === '') return undefined
  const types = unique(options.map((one) => one?.type ?? '').filter((type) => !allowed.includes(type)))
  const faults = [
    ...(types.length > 0 ? [`${plural('type', types.length)} ${quoted(types)}`] : []),
    ...(options.some((one) => one?.user) ? ['user may not be set'] : []),
    ...(options.some((one) => one?.role) ? ['role may not be set'] : []),
  ]
  return { reason: 'seLinuxOptions', detail: `${setters} set forbidden securityContext.seLinuxOptions: ${faults.join('; ')}` }
}

function seccompProfile(pod: Checked): Violation | undefined {
  return pod.minor < 19 ? seccompAnnotations(pod) : badSeccompTypes(pod)
}

/** Profiles that are neither the runtime's nor local. */
export function badSeccompTypes(pod: Checked): Violation | undefined {
  const bad = (type: string | undefined): boolean => type !== undefined && !profiles.includes(type)
  const own = podContext(pod).seccompProfile?.type
  const names = badContainers(pod, (_, context) => bad(context.seccompProfile?.type))
  const setters = settersText(bad(own), names)
  if (setters === '') return undefined
  const types = [own, ...containersOf(pod).map(({ securityContext }) => securityContext?.seccompProfile?.type)].filter(bad) as string[]
  return { reason: 'seccompProfile', detail: `${setters} must not set securityContext.seccompProfile.type to ${quoted(unique(types))}` }
}

function seccompAnnotations(pod: Checked): Violation | undefined {
  const keys = [seccompPod, ...containersOf(pod).map(({ name }) => `${seccompPrefix}${name}`)]
  const allowed = (value: string): boolean => value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')
  const annotations = pod.metadata.annotations ?? {}
  const found = keys.flatMap((key) => {
    const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined
    return value === undefined || allowed(value) ? [] : [`${key}=${JSON.stringify(value)}`]
  })
  if (found.length === 0) return undefined
  return { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', unique(found).length)} ${unique(found).join(', ')}` }
}

function sysctls(pod: Checked): Violation | undefined {
  const allowed = (name: string): boolean => Object.hasOwn(sysctlsSince, name) && (sysctlsSince[name] ?? 0) <= pod.minor
  const names = (podContext(pod).sysctls ?? []).map(({ name }) => name).filter((name) => !allowed(name))
  return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') }
}

function windowsHostProcess(pod: Checked): Violation | undefined {
  const names = badContainers(pod, (_, context) => context.windowsOptions?.hostProcess === true)
  const setters = settersText(podContext(pod).windowsOptions?.hostProcess === true, names)
  return setters === ''
    ? undefined
    : { reason: 'hostProcess', detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true` }
}
