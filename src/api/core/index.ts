// The sorted list of kinds of the core group.
import type { Kind } from '../../apimachinery/kind.ts'
import { Binding } from './binding.ts'
import { ComponentStatus } from './componentstatus.ts'
import { ConfigMap } from './configmap.ts'
import { Endpoints } from './endpoints.ts'
import { Event } from './event.ts'
import { LimitRange } from './limitrange.ts'
import { Namespace } from './namespace.ts'
import { Node } from './node.ts'
import { PersistentVolume } from './persistentvolume.ts'
import { PersistentVolumeClaim } from './persistentvolumeclaim.ts'
import { Pod } from './pod/index.ts'
import { PodTemplate } from './podtemplate.ts'
import { ReplicationController } from './replicationcontroller.ts'
import { ResourceQuota } from './resourcequota.ts'
import { Secret } from './secret.ts'
import { Service } from './service/index.ts'
import { ServiceAccount } from './serviceaccount.ts'

/** Every kind of `/api/v1`, sorted by name. */
export const coreKinds: readonly Kind[] = [
  Binding,
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
] as readonly Kind[]
