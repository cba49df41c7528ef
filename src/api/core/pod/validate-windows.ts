// Rules of Windows containers, and of what spec.os.name rules out.
import type { PodSpec, WindowsSecurityContextOptions } from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../../apimachinery/field-errors.ts'
import { byteLength, dns1123Subdomain } from '../../../apimachinery/names.ts'
import { invalidFor } from '../../shared/checks.ts'
import { containersWithPath } from './containers.ts'

const credentialSpecMaxKiB = 64
const domainMax = 256
const userMax = 104
const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const dnsName = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/

/** windowsOptions of a pod or container. */
export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, path: Path): FieldError[] {
  if (options === undefined) return []
  const errors: FieldError[] = []
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options
  if (name !== undefined) errors.push(...invalidFor(path.child('gmsaCredentialSpecName'), name, dns1123Subdomain(name)))
  if (spec === '') errors.push(invalidValue(path.child('gmsaCredentialSpec'), spec, 'gmsaCredentialSpec cannot be an empty string'))
  else if (spec !== undefined && byteLength(spec) > credentialSpecMaxKiB * 1024) {
    errors.push(invalidValue(path.child('gmsaCredentialSpec'), spec, `gmsaCredentialSpec size must be under ${credentialSpecMaxKiB} KiB`))
  }
  if (user !== undefined) errors.push(...invalidFor(path.child('runAsUserName'), user, userNameMessages(user)))
  return errors
}

function userNameMessages(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  if (/[\x00-\x1f\x7f]/.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const [domain, user] = parts.length === 2 ? parts : [undefined, parts[0]]
  const messages: string[] = []
  if (byteLength(domain ?? '') >= domainMax) messages.push(`runAsUserName's Domain length must be under ${domainMax} characters`)
  if (domain !== undefined && !netBiosName.test(domain) && !dnsName.test(domain)) {
    messages.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
  }
  if (!user) return [...messages, "runAsUserName's User cannot be empty"]
  if (byteLength(user) > userMax) messages.push(`runAsUserName's User length must not be longer than ${userMax} characters`)
  if (/^[. ]+$/.test(user)) messages.push("runAsUserName's User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    messages.push(`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`)
  }
  return messages
}

/** Host process containers: all or none, and only in the host's network. */
export function validateHostProcess(spec: PodSpec, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  const containers = containersWithPath(spec, path)
  let hostProcesses = 0
  for (const [container, where] of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && own !== ofPod) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${ofPod}`
      errors.push(invalidValue(where.child('securityContext', 'windowsOptions', 'hostProcess'), own, detail))
    }
    if (own ?? ofPod) hostProcesses++
  }
  if (hostProcesses === 0) return errors
  if (hostProcesses !== containers.length) {
    errors.push(invalidValue(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'))
  }
  if (!spec.hostNetwork) {
    errors.push(invalidValue(path.child('hostNetwork'), false, 'hostNetwork must be true if pod contains any hostProcess containers'))
  }
  return errors
}

const operatingSystems = ['linux', 'windows']
const windowsPodFields = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const
const windowsPodContextFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const
const windowsContainerContextFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

/** spec.os: a known name, and nothing that only the other system has. */
export function validateOS(spec: PodSpec, path: Path): FieldError[] {
  if (spec.os === undefined) return []
  const name = spec.os.name
  if (!name) return [required(path.child('os', 'name'), 'cannot be empty')]
  if (!operatingSystems.includes(name)) return [notSupported(path.child('os'), name, operatingSystems)]
  return name === 'linux' ? linuxErrors(spec, path) : windowsErrors(spec, path)
}

function linuxErrors(spec: PodSpec, path: Path): FieldError[] {
  const contexts = [
    [spec.securityContext, path.child('securityContext')] as const,
    ...containersWithPath(spec, path).map(([container, where]) => [container.securityContext, where.child('securityContext')] as const),
  ]
  return contexts
    .filter(([context]) => context?.windowsOptions !== undefined)
    .map(([, where]) => forbiddenField(where.child('windowsOptions'), 'windows options cannot be set for a linux pod'))
}

function windowsErrors(spec: PodSpec, path: Path): FieldError[] {
  const refused: Path[] = windowsPodFields.filter((field) => spec[field] !== undefined).map((field) => path.child(field))
  for (const field of windowsPodContextFields) {
    if (spec.securityContext?.[field] !== undefined) refused.push(path.child('securityContext', field))
  }
  for (const [container, where] of containersWithPath(spec, path)) {
    for (const field of windowsContainerContextFields) {
      if (container.securityContext?.[field] !== undefined) refused.push(where.child('securityContext', field))
    }
  }
  return refused.map((where) => forbiddenField(where, 'cannot be set for a windows pod'))
}
