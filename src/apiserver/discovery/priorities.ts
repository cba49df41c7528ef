// In which order groups and versions are listed, and which version of a group is preferred. Pure.
// Numbers: kube-apiserver's APIService priorities; custom groups have 1000, their versions are ordered by kind of release.

const groupPriorities: Readonly<Record<string, number>> = {
  '': 18000,
  'events.k8s.io': 17750,
  apps: 17800,
  'authentication.k8s.io': 17700,
  'authorization.k8s.io': 17600,
  autoscaling: 17500,
  batch: 17400,
  'certificates.k8s.io': 17300,
  'networking.k8s.io': 17200,
  extensions: 17150,
  policy: 17100,
  'rbac.authorization.k8s.io': 17000,
  'storage.k8s.io': 16800,
  'apiextensions.k8s.io': 16700,
  'admissionregistration.k8s.io': 16700,
  'scheduling.k8s.io': 16600,
  'coordination.k8s.io': 16500,
  'node.k8s.io': 16300,
  'discovery.k8s.io': 16200,
  'resource.k8s.io': 16200,
  'flowcontrol.apiserver.k8s.io': 16100,
  'internal.apiserver.k8s.io': 16000,
  'storagemigration.k8s.io': 15800,
  // As metrics-server's APIService says.
  'metrics.k8s.io': 100,
  // Served by the aggregation layer itself, before all others.
  'apiregistration.k8s.io': 20000,
}
const customPriority = 1000
const customVersionPriority = 100

/** Versions whose priority is not that of their stage (v1: 15, beta: 9, alpha: 1). */
const versionPriorities: Readonly<Record<string, number>> = {
  '/v1': 1,
  'autoscaling/v2': 30,
  'autoscaling/v2beta2': 1,
  'apps/v1beta1': 1,
  'events.k8s.io/v1beta1': 5,
  'extensions/v1beta1': 1,
  'admissionregistration.k8s.io/v1beta1': 12,
  'admissionregistration.k8s.io/v1alpha1': 9,
  'rbac.authorization.k8s.io/v1beta1': 12,
  'scheduling.k8s.io/v1beta1': 12,
  'discovery.k8s.io/v1beta1': 12,
  'coordination.k8s.io/v1beta1': 13,
  'coordination.k8s.io/v1alpha2': 12,
  'resource.k8s.io/v1': 20,
  'resource.k8s.io/v1beta2': 15,
  'flowcontrol.apiserver.k8s.io/v1': 21,
  'flowcontrol.apiserver.k8s.io/v1beta3': 18,
  'flowcontrol.apiserver.k8s.io/v1beta2': 15,
  'flowcontrol.apiserver.k8s.io/v1beta1': 12,
  'metrics.k8s.io/v1beta1': 100,
}

/** groupPriorityMinimum of a group that this server serves itself. */
export function groupPriority(group: string): number {
  return Object.hasOwn(groupPriorities, group) ? (groupPriorities[group] ?? customPriority) : customPriority
}

/** versionPriority of a version that this server serves itself. */
export function versionPriority(group: string, version: string): number {
  const named = `${group}/${version}`
  if (Object.hasOwn(versionPriorities, named)) return versionPriorities[named]!
  if (!Object.hasOwn(groupPriorities, group)) return customVersionPriority
  return version.includes('alpha') ? 1 : version.includes('beta') ? 9 : 15
}

/** Orders versions: v2 before v1 before v1beta1 before v1alpha2; names of another shape last, by name. The first is preferred. */
export function compareVersions(a: string, b: string): number {
  const left = parsed(a)
  const right = parsed(b)
  if (left === undefined || right === undefined) return left === right ? (a < b ? -1 : a > b ? 1 : 0) : left === undefined ? 1 : -1
  return right.stage - left.stage || right.major - left.major || right.minor - left.minor
}

const stages: Readonly<Record<string, number>> = { alpha: 0, beta: 1 }

function parsed(version: string): { major: number; stage: number; minor: number } | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version)
  if (match === null) return undefined
  return { major: Number(match[1]), stage: match[2] === undefined ? 2 : (stages[match[2]] ?? 0), minor: Number(match[3] ?? 0) }
}
