// The sorted list of controllers which the controller-manager runs. Names are upstream's minus "-controller".
import type { Controller, LoopController } from '../src/controller/define.ts'
import { daemonset } from './daemonset/index.ts'
import { deployment } from './deployment/index.ts'
import { endpoints } from './endpoints.ts'
import { endpointslice } from './endpointslice.ts'
import { garbageCollector } from './garbage-collector/index.ts'
import { namespace } from './namespace.ts'
import { nodeIpam } from './node-ipam.ts'
import { nodeLifecycle } from './node-lifecycle.ts'
import { replicaset } from './replicaset.ts'
import { replicationcontroller } from './replicationcontroller.ts'
import { rootCaCertificatePublisher } from './root-ca-certificate-publisher.ts'
import { serviceaccount } from './serviceaccount.ts'
import { statefulset } from './statefulset/index.ts'
import { taintEviction } from './taint-eviction.ts'

export const controllers: readonly (Controller | LoopController)[] = [
  daemonset,
  deployment,
  endpoints,
  endpointslice,
  garbageCollector,
  namespace,
  nodeIpam,
  nodeLifecycle,
  replicaset,
  replicationcontroller,
  rootCaCertificatePublisher,
  serviceaccount,
  statefulset,
  taintEviction,
]
