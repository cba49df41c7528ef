// The ReplicaSet of a deployment's present template. Pure.
import type { Deployment, ReplicaSet as ReplicaSetObject } from '../../openapi/types/apps/v1.ts'
import { Deployment as DeploymentKind } from '../../src/api/apps/deployment.ts'
import { ReplicaSet } from '../../src/api/apps/replicaset.ts'
import { podTemplateHash } from '../../src/apimachinery/hash.ts'
import { controllerReference } from '../../src/controller/owners.ts'
import { create, type Write } from '../../src/controller/plan.ts'
import { hashLabel, nextRevision, type Sets, setAnnotations } from './replicasets.ts'

/** Longest name of an object. */
const maxNameLength = 253

export interface NewSet {
  name: string
  write: Write
  /** The name belongs to a set that is not ours or has another template. */
  collision: boolean
}

/** `taken` looks a set up by name. */
export function newSet(one: Deployment, sets: Sets, size: number, taken: (name: string) => ReplicaSetObject | undefined): NewSet {
  const hash = podTemplateHash(one.spec?.template, one.status?.collisionCount)
  const name = `${one.metadata?.name?.slice(0, maxNameLength - hash.length - 1)}-${hash}`
  const { template, selector, minReadySeconds } = one.spec ?? {}
  const labels = { ...template?.metadata?.labels, [hashLabel]: hash }
  const object: ReplicaSetObject = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: one.metadata?.namespace ?? '',
      labels,
      annotations: setAnnotations(one, undefined, nextRevision(sets)),
      ownerReferences: [controllerReference(one, DeploymentKind)],
    },
    spec: {
      replicas: size,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  }
  // a set that has just been made of this template is among `sets`, so whatever stands there now is another's
  return { name, write: create(ReplicaSet, object), collision: taken(name) !== undefined }
}
