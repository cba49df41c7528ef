// Rules of security contexts: users, seccomp and AppArmor profiles, sysctls, and their old annotations.
import type {
  AppArmorProfile,
  Container,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
} from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required, tooLong } from '../../../apimachinery/field-errors.ts'
import { byteLength, unixId } from '../../../apimachinery/names.ts'
import { invalidFor, oneOfIfSet } from '../../shared/checks.ts'
import { containersWithPath } from './containers.ts'
import { localDescendingPath } from './validate-paths.ts'
import { validateWindowsOptions } from './validate-windows.ts'

type Annotations = Readonly<Record<string, string>> | undefined

/** spec.securityContext. The paths of the host's namespaces are those of the spec itself. */
export function validatePodSecurityContext(spec: PodSpec, path: Path): FieldError[] {
  const context = spec.securityContext
  if (context === undefined) return []
  const errors: FieldError[] = []
  for (const field of ['fsGroup', 'runAsUser', 'runAsGroup'] as const) errors.push(...idErrors(context[field], path.child(field)))
  for (const [index, group] of (context.supplementalGroups ?? []).entries()) {
    errors.push(...idErrors(group, path.child('supplementalGroups').index(index)))
  }
  if (spec.shareProcessNamespace && spec.hostPID) {
    errors.push(invalidValue(path.child('shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'))
  }
  errors.push(...sysctlErrors(spec, context, path.child('sysctls')))
  errors.push(...oneOfIfSet(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], path.child('fsGroupChangePolicy')))
  errors.push(...seccompErrors(context.seccompProfile, path.child('seccompProfile')))
  errors.push(...validateWindowsOptions(context.windowsOptions, path.child('windowsOptions')))
  errors.push(...validateAppArmorProfile(context.appArmorProfile, path.child('appArmorProfile')))
  errors.push(...oneOfIfSet(context.supplementalGroupsPolicy, ['Merge', 'Strict'], path.child('supplementalGroupsPolicy')))
  errors.push(...oneOfIfSet(context.seLinuxChangePolicy, ['MountOption', 'Recursive'], path.child('seLinuxChangePolicy')))
  return errors
}

/** securityContext of a container. */
export function validateSecurityContext(context: SecurityContext | undefined, hostUsers: boolean, path: Path): FieldError[] {
  if (context === undefined) return []
  const errors = [...idErrors(context.runAsUser, path.child('runAsUser')), ...idErrors(context.runAsGroup, path.child('runAsGroup'))]
  errors.push(...oneOfIfSet(context.procMount, ['Default', 'Unmasked'], path.child('procMount')))
  if (hostUsers && context.procMount === 'Unmasked') {
    errors.push(invalidValue(path.child('procMount'), context.procMount, '`hostUsers` must be false to use `Unmasked`'))
  }
  errors.push(...seccompErrors(context.seccompProfile, path.child('seccompProfile')))
  if (context.allowPrivilegeEscalation === false) errors.push(...escalationErrors(context, path))
  errors.push(...validateWindowsOptions(context.windowsOptions, path.child('windowsOptions')))
  return [...errors, ...validateAppArmorProfile(context.appArmorProfile, path.child('appArmorProfile'))]
}

function escalationErrors(context: SecurityContext, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (context.privileged)
    errors.push(invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'))
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    errors.push(invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'))
  }
  return errors
}

function idErrors(id: number | undefined, path: Path): FieldError[] {
  return id === undefined ? [] : invalidFor(path, id, unixId(id))
}

const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const sysctlPattern = `^(${sysctlSegment}[\\./])*${sysctlSegment}$`
const sysctlRegex = new RegExp(sysctlPattern)
const sysctlMax = 253

function sysctlErrors(spec: PodSpec, { sysctls }: PodSecurityContext, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { name = '' }] of (sysctls ?? []).entries()) {
    const where = path.index(index).child('name')
    if (!name) errors.push(required(where))
    else if (name.length > sysctlMax || !sysctlRegex.test(name)) {
      errors.push(invalidValue(where, name, `must have at most ${sysctlMax} characters and match regex ${sysctlPattern}`))
    } else if (seen.has(name)) errors.push(duplicate(where, name))
    seen.add(name)
    const plain = name.replaceAll('/', '.')
    if (spec.hostNetwork && plain.startsWith('net.'))
      errors.push(invalidValue(where, name, "may not be specified when 'hostNetwork' is true"))
    else if (spec.hostIPC && /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(plain)) {
      errors.push(invalidValue(where, name, "may not be specified when 'hostIPC' is true"))
    }
  }
  return errors
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function seccompErrors(profile: SeccompProfile | undefined, path: Path): FieldError[] {
  if (profile === undefined) return []
  const errors: FieldError[] = []
  if (!profile.type) errors.push(required(path.child('type'), 'type is required when seccompProfile is set'))
  else if (!profileTypes.includes(profile.type)) errors.push(notSupported(path.child('type'), profile.type, profileTypes))
  const where = path.child('localhostProfile')
  if (profile.type !== 'Localhost') {
    if (profile.localhostProfile !== undefined) errors.push(invalidValue(where, profile, 'can only be set when seccomp type is Localhost'))
  } else if (profile.localhostProfile === undefined) errors.push(required(where, 'must be set when seccomp type is Localhost'))
  else errors.push(...localDescendingPath(profile.localhostProfile, where))
  return errors
}

const appArmorMax = 4095

/** An AppArmor profile of a pod or container. */
export function validateAppArmorProfile(profile: AppArmorProfile | undefined, path: Path): FieldError[] {
  if (profile === undefined) return []
  const { type, localhostProfile: local } = profile
  const where = path.child('localhostProfile')
  if (!type) return [required(path.child('type'), 'type is required when appArmorProfile is set')]
  if (!profileTypes.includes(type)) return [notSupported(path.child('type'), type, profileTypes)]
  if (type !== 'Localhost')
    return local === undefined ? [] : [invalidValue(where, local, 'can only be set when AppArmor type is Localhost')]
  if (local === undefined) return [required(where, 'must be set when AppArmor type is Localhost')]
  const errors: FieldError[] = []
  if (local.trim() !== local) errors.push(invalidValue(where, local, 'must not be padded with whitespace'))
  else if (local === '') errors.push(required(where, 'must be set when AppArmor type is Localhost'))
  if (byteLength(local) > appArmorMax) errors.push(tooLong(where, '', appArmorMax))
  return errors
}

const seccompPodKey = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompContainerPrefix = 'container.seccomp.security.alpha.kubernetes.io/'
/** Prefix of the annotations that named AppArmor profiles before the field did. */
export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'

/** The old annotations: profiles that exist, of containers that exist. */
export function validateProfileAnnotations(annotations: Annotations, spec: PodSpec, path: Path): FieldError[] {
  const errors: FieldError[] = []
  for (const [key, profile] of Object.entries(annotations ?? {})) {
    if (key === seccompPodKey || key.startsWith(seccompContainerPrefix)) errors.push(...seccompAnnotationErrors(profile, path.child(key)))
    if (!key.startsWith(appArmorPrefix)) continue
    const name = key.slice(appArmorPrefix.length)
    if (!containersWithPath(spec, path).some(([container]) => container.name === name)) {
      errors.push(invalidValue(path.key(key), name, 'container not found'))
    }
    if (profile !== '' && profile !== 'runtime/default' && profile !== 'unconfined' && !profile.startsWith('localhost/')) {
      errors.push(invalidValue(path.key(key), profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`))
    }
  }
  return errors
}

function seccompAnnotationErrors(profile: string, path: Path): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return []
  if (profile.startsWith('localhost/')) return localDescendingPath(profile.slice('localhost/'.length), path)
  return [invalidValue(path, profile, 'must be a valid seccomp profile')]
}

/** On create, field and old annotation must say the same. */
export function profileAnnotationMismatches(annotations: Annotations, spec: PodSpec, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const podProfile = spec.securityContext?.seccompProfile
  if (podProfile) {
    errors.push(...mismatch('seccomp', annotations?.[seccompPodKey], podProfile, path.child('securityContext', 'seccompProfile')))
  }
  const containers = containersWithPath(spec, path)
  for (const [{ name, securityContext }, where] of containers) {
    const profile = securityContext?.seccompProfile
    if (!profile) continue
    errors.push(
      ...mismatch('seccomp', annotations?.[seccompContainerPrefix + name], profile, where.child('securityContext', 'seccompProfile')),
    )
  }
  if (spec.os?.name === 'windows') return errors
  for (const [container, where] of containers) {
    const profile = appArmorOf(container, spec)
    if (!profile) continue
    errors.push(
      ...mismatch('apparmor', annotations?.[appArmorPrefix + container.name], profile, where.child('securityContext', 'appArmorProfile')),
    )
  }
  return errors
}

function appArmorOf({ securityContext }: Container, spec: PodSpec): AppArmorProfile | undefined {
  return securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile
}

function mismatch(word: string, annotation: string | undefined, profile: SeccompProfile | AppArmorProfile, path: Path): FieldError[] {
  if (annotation === undefined) return []
  const wrongType = [forbiddenField(path.child('type'), `${word} type in annotation and field must match`)]
  switch (profile.type) {
    case 'Unconfined':
      return annotation === 'unconfined' ? [] : wrongType
    case 'RuntimeDefault':
      return annotation === 'runtime/default' || (word === 'seccomp' && annotation === 'docker/default') ? [] : wrongType
    case 'Localhost':
      if (!annotation.startsWith('localhost/')) return wrongType
      if (annotation.slice('localhost/'.length) === profile.localhostProfile) return []
      return [forbiddenField(path.child('localhostProfile'), `${word} profile in annotation and field must match`)]
    default:
      return []
  }
}
