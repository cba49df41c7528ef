// Which secrets a pod names, and whether its service account may mount only its own (kubernetes.io/enforce-mountable-secrets).
import type { Container, Pod, ServiceAccount, Volume } from '../../../openapi/types/core/v1.ts'
import { allContainers } from './pod-containers.ts'

/** Whether any part of a pod refers to a secret. */
export function referencesSecrets({ spec }: Pod): boolean {
  if ((spec?.imagePullSecrets ?? []).length > 0) return true
  if (allContainers(spec).some(({ container }) => secretsOf(container).length > 0)) return true
  return (spec?.volumes ?? []).some(volumeHasSecret)
}

function volumeHasSecret(volume: Volume): boolean {
  if (volume.secret !== undefined || volume.projected?.sources?.some((source) => source.secret !== undefined)) return true
  const { azureFile, cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos, csi } = volume
  const references = [cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos].map((source) => source?.secretRef)
  return (
    azureFile?.secretName !== undefined ||
    csi?.nodePublishSecretRef !== undefined ||
    references.some((reference) => reference !== undefined)
  )
}

/** Why a pod may not run as `account`, in upstream's words; undefined when it may. */
export function forbiddenSecretReference(pod: Pod, account: ServiceAccount, onlyEphemeral: boolean): string | undefined {
  const own = new Set((account.secrets ?? []).map(({ name }) => name))
  const because = `is not allowed because service account ${account.metadata?.name} does not reference that`
  if (!onlyEphemeral) {
    for (const { secret } of pod.spec?.volumes ?? []) {
      if (secret !== undefined && !own.has(secret.secretName))
        return `volume with secret.secretName="${secret.secretName ?? ''}" ${because} secret`
    }
  }
  for (const { container, type } of allContainers(pod.spec)) {
    if ((type === 'ephemeral') !== onlyEphemeral) continue
    const word = { init: 'init container', main: 'container', ephemeral: 'ephemeral container' }[type]
    for (const { env, secret } of secretsOf(container)) {
      if (own.has(secret)) continue
      const by = env === undefined ? 'envFrom' : `envVar ${env}`
      return `${word} ${container.name} with ${by} referencing secret.secretName="${secret}" ${because} secret`
    }
  }
  if (onlyEphemeral) return undefined
  const pull = new Set((account.imagePullSecrets ?? []).map(({ name }) => name))
  const index = (pod.spec?.imagePullSecrets ?? []).findIndex(({ name }) => !pull.has(name))
  return index < 0
    ? undefined
    : `imagePullSecrets[${index}].name="${pod.spec?.imagePullSecrets?.[index]?.name ?? ''}" ${because} imagePullSecret`
}

function secretsOf(container: Container): { env?: string; secret: string }[] {
  const single = (container.env ?? []).flatMap(({ name, valueFrom }) =>
    valueFrom?.secretKeyRef === undefined ? [] : [{ env: name, secret: valueFrom.secretKeyRef.name ?? '' }],
  )
  const whole = (container.envFrom ?? []).flatMap(({ secretRef }) => (secretRef === undefined ? [] : [{ secret: secretRef.name ?? '' }]))
  return [...single, ...whole]
}
