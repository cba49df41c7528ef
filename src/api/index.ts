// The sorted list of all built-in kinds: group, then kind. What is not here is not served.
import type { Kind } from '../apimachinery/kind.ts'
import { MutatingAdmissionPolicy } from './admissionregistration/mutatingadmissionpolicy.ts'
import { MutatingAdmissionPolicyBinding } from './admissionregistration/mutatingadmissionpolicybinding.ts'
import { MutatingWebhookConfiguration } from './admissionregistration/mutatingwebhookconfiguration.ts'
import { ValidatingAdmissionPolicy } from './admissionregistration/validatingadmissionpolicy.ts'
import { ValidatingAdmissionPolicyBinding } from './admissionregistration/validatingadmissionpolicybinding.ts'
import { ValidatingWebhookConfiguration } from './admissionregistration/validatingwebhookconfiguration.ts'
import { CustomResourceDefinition } from './apiextensions/customresourcedefinition.ts'
import { APIService } from './apiregistration/apiservice.ts'
import { ControllerRevision } from './apps/controllerrevision.ts'
import { DaemonSet } from './apps/daemonset.ts'
import { Deployment } from './apps/deployment.ts'
import { ReplicaSet } from './apps/replicaset.ts'
import { StatefulSet } from './apps/statefulset.ts'
import { SelfSubjectReview } from './authentication/selfsubjectreview.ts'
import { TokenReview } from './authentication/tokenreview.ts'
import { LocalSubjectAccessReview } from './authorization/localsubjectaccessreview.ts'
import { SelfSubjectAccessReview } from './authorization/selfsubjectaccessreview.ts'
import { SelfSubjectRulesReview } from './authorization/selfsubjectrulesreview.ts'
import { SubjectAccessReview } from './authorization/subjectaccessreview.ts'
import { HorizontalPodAutoscaler } from './autoscaling/horizontalpodautoscaler.ts'
import { CronJob } from './batch/cronjob.ts'
import { Job } from './batch/job.ts'
import { CertificateSigningRequest } from './certificates/certificatesigningrequest.ts'
import { Lease } from './coordination/lease.ts'
import { coreKinds } from './core/index.ts'
import { EndpointSlice } from './discovery/endpointslice.ts'
import { FlowSchema } from './flowcontrol/flowschema.ts'
import { PriorityLevelConfiguration } from './flowcontrol/prioritylevelconfiguration.ts'
import { NodeMetrics } from './metrics/nodemetrics.ts'
import { PodMetrics } from './metrics/podmetrics.ts'
import { Ingress } from './networking/ingress.ts'
import { IngressClass } from './networking/ingressclass.ts'
import { IPAddress } from './networking/ipaddress.ts'
import { NetworkPolicy } from './networking/networkpolicy.ts'
import { ServiceCIDR } from './networking/servicecidr.ts'
import { RuntimeClass } from './node/runtimeclass.ts'
import { PodDisruptionBudget } from './policy/poddisruptionbudget.ts'
import { ClusterRole } from './rbac/clusterrole.ts'
import { ClusterRoleBinding } from './rbac/clusterrolebinding.ts'
import { Role } from './rbac/role.ts'
import { RoleBinding } from './rbac/rolebinding.ts'
import { DeviceClass } from './resource/deviceclass.ts'
import { ResourceClaim } from './resource/resourceclaim.ts'
import { ResourceClaimTemplate } from './resource/resourceclaimtemplate.ts'
import { ResourceSlice } from './resource/resourceslice.ts'
import { PriorityClass } from './scheduling/priorityclass.ts'
import { CSIDriver } from './storage/csidriver.ts'
import { CSINode } from './storage/csinode.ts'
import { CSIStorageCapacity } from './storage/csistoragecapacity.ts'
import { StorageClass } from './storage/storageclass.ts'
import { VolumeAttachment } from './storage/volumeattachment.ts'
import { VolumeAttributesClass } from './storage/volumeattributesclass.ts'
import { StorageVersionMigration } from './storagemigration/storageversionmigration.ts'

/** Every built-in kind: the core group first, then the named groups in order. */
export const builtinKinds: readonly Kind[] = [
  ...coreKinds,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
  CustomResourceDefinition,
  APIService,
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
  SelfSubjectReview,
  TokenReview,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  HorizontalPodAutoscaler,
  CronJob,
  Job,
  CertificateSigningRequest,
  Lease,
  EndpointSlice,
  FlowSchema,
  PriorityLevelConfiguration,
  NodeMetrics,
  PodMetrics,
  Ingress,
  IngressClass,
  IPAddress,
  NetworkPolicy,
  ServiceCIDR,
  RuntimeClass,
  PodDisruptionBudget,
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  DeviceClass,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
  PriorityClass,
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
] as readonly Kind[]

/** Served only when --runtime-config names their version: upstream has its beta APIs off by default. */
export const optionalKinds: readonly Kind[] = [StorageVersionMigration] as readonly Kind[]
