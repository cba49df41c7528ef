// Defaults of pods beyond those of any pod spec. Values: SetDefaults_Pod and the conversions of pkg/apis/core/v1 upstream.
import type { Container, Pod, PodSpec } from '../../../../openapi/types/core/v1.ts'
import { setOwn } from '../../../apimachinery/json.ts'
import { computePodSpecDefaults, dropInitContainerAnnotations, podSpecDefaults } from '../../shared/pod-spec-defaults.ts'
import { defaultPodLevelResources } from './resources.ts'

export const podDefaults: Readonly<Record<string, unknown>> = { ...podSpecDefaults('spec'), 'spec.enableServiceLinks': true }

/** Pull policies, requests from limits, host ports, one grace period that is not negative, podIP from podIPs. Mutates. */
export function computePodDefaults(pod: Pod): void {
  dropInitContainerAnnotations(pod.metadata?.annotations)
  const spec = pod.spec
  if (spec !== undefined) {
    computePodSpecDefaults(spec)
    for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) requestsFromLimits(container)
    defaultPodLevelResources(spec)
    if (spec.hostNetwork) hostPortsFromContainerPorts(spec)
    if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1
  }
  syncPodIPs(pod)
}

/** Only in pods: a template keeps what was written. */
function requestsFromLimits({ resources }: Container): void {
  if (resources?.limits === undefined || Object.keys(resources.limits).length === 0) return
  resources.requests ??= {}
  for (const [name, limit] of Object.entries(resources.limits)) {
    if (!Object.hasOwn(resources.requests, name)) setOwn(resources.requests, name, limit)
  }
}

function hostPortsFromContainerPorts(spec: PodSpec): void {
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort
  }
}

/** podIP is the first of podIPs; where they differ podIP counts, as old kubelets write only that. */
function syncPodIPs({ status }: Pod): void {
  if (status === undefined) return
  const first = status.podIPs?.[0]?.ip
  if (status.podIP && status.podIP !== first) status.podIPs = [{ ip: status.podIP }]
  else if (first && !status.podIP) status.podIP = first
}
