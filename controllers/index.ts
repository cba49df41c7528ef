// The sorted list of controllers which the controller-manager runs. Names are upstream's minus "-controller".
import type { Controller, LoopController } from '../src/controller/define.ts'
import { bootstrapSigner } from './bootstrap-signer.ts'
import { certificatesigningrequestApproving } from './certificatesigningrequest-approving.ts'
import { certificatesigningrequestCleaner } from './certificatesigningrequest-cleaner.ts'
import { certificatesigningrequestSigning } from './certificatesigningrequest-signing.ts'
import { clusterroleAggregation } from './clusterrole-aggregation.ts'
import { cronjob } from './cronjob/index.ts'
import { daemonset } from './daemonset/index.ts'
import { deployment } from './deployment/index.ts'
import { disruption } from './disruption.ts'
import { endpoints } from './endpoints.ts'
import { endpointslice } from './endpointslice.ts'
import { endpointsliceMirroring } from './endpointslice-mirroring.ts'
import { ephemeralVolume } from './ephemeral-volume.ts'
import { garbageCollector } from './garbage-collector/index.ts'
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler/index.ts'
import { job } from './job/index.ts'
import { legacyServiceaccountTokenCleaner } from './legacy-serviceaccount-token-cleaner.ts'
import { namespace } from './namespace.ts'
import { nodeIpam } from './node-ipam.ts'
import { nodeLifecycle } from './node-lifecycle/index.ts'
import { persistentvolumeAttachDetach } from './persistentvolume-attach-detach/index.ts'
import { persistentvolumeBinder } from './persistentvolume-binder/index.ts'
import { persistentvolumeExpander } from './persistentvolume-expander.ts'
import { persistentvolumeProtection } from './persistentvolume-protection.ts'
import { persistentvolumeclaimProtection } from './persistentvolumeclaim-protection.ts'
import { podGarbageCollector } from './pod-garbage-collector.ts'
import { replicaset } from './replicaset.ts'
import { replicationcontroller } from './replicationcontroller.ts'
import { resourcequota } from './resourcequota.ts'
import { rootCaCertificatePublisher } from './root-ca-certificate-publisher.ts'
import { serviceCidr } from './service-cidr.ts'
import { serviceLb } from './service-lb/index.ts'
import { serviceaccount } from './serviceaccount.ts'
import { serviceaccountToken } from './serviceaccount-token.ts'
import { statefulset } from './statefulset/index.ts'
import { storageVersionMigrator } from './storage-version-migrator.ts'
import { taintEviction } from './taint-eviction.ts'
import { tokenCleaner } from './token-cleaner.ts'
import { ttl } from './ttl.ts'
import { ttlAfterFinished } from './ttl-after-finished.ts'

export const controllers: readonly (Controller | LoopController)[] = [
  bootstrapSigner,
  certificatesigningrequestApproving,
  certificatesigningrequestCleaner,
  certificatesigningrequestSigning,
  clusterroleAggregation,
  cronjob,
  daemonset,
  deployment,
  disruption,
  endpoints,
  endpointslice,
  endpointsliceMirroring,
  ephemeralVolume,
  garbageCollector,
  horizontalPodAutoscaler,
  job,
  legacyServiceaccountTokenCleaner,
  namespace,
  nodeIpam,
  nodeLifecycle,
  persistentvolumeAttachDetach,
  persistentvolumeBinder,
  persistentvolumeExpander,
  persistentvolumeProtection,
  persistentvolumeclaimProtection,
  podGarbageCollector,
  replicaset,
  replicationcontroller,
  resourcequota,
  rootCaCertificatePublisher,
  serviceCidr,
  serviceLb,
  serviceaccount,
  serviceaccountToken,
  statefulset,
  storageVersionMigrator,
  taintEviction,
  tokenCleaner,
  ttl,
  ttlAfterFinished,
]
