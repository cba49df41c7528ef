// Defaults of device requests, shared by claims and their templates.
import type { DeviceSubRequest, ResourceClaimSpec } from '../../../openapi/types/resource/v1.ts'

/** Fills in how many devices each request wants. */
export function deviceClaimDefaults(spec: ResourceClaimSpec | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    if (request.exactly) countDefaults(request.exactly)
    for (const alternative of request.firstAvailable ?? []) countDefaults(alternative)
  }
}

function countDefaults(request: Pick<DeviceSubRequest, 'allocationMode' | 'count'>): void {
  request.allocationMode ||= 'ExactCount'
  if (request.allocationMode === 'ExactCount' && !request.count) request.count = 1
}
