// The workloads in extensions/v1beta1, apps/v1beta1 and apps/v1beta2: same fields but a few, other defaults.
import type { ServedVersion } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { legacyVersion } from '../legacy-version.ts'
import { templateGenerationAnnotation } from './daemonset-rules.ts'

/** As much of any workload as the old versions differ in. */
interface Workload extends KubeObject {
  spec?: {
    selector?: object
    template?: { metadata?: { labels?: Record<string, string> } }
    strategy?: { type?: string; rollingUpdate?: { maxUnavailable?: unknown; maxSurge?: unknown } }
    updateStrategy?: { type?: string }
    revisionHistoryLimit?: number
    progressDeadlineSeconds?: number
    rollbackTo?: unknown
    templateGeneration?: number
  }
}

const noLimit = 2147483647
type Kind = 'Deployment' | 'DaemonSet' | 'ReplicaSet' | 'StatefulSet' | 'ControllerRevision'

/** The old versions of a workload kind. */
export function legacyWorkloads(kind: Kind): ServedVersion[] {
  const inExtensions = kind === 'Deployment' || kind === 'DaemonSet' || kind === 'ReplicaSet'
  const inV1beta1 = kind === 'Deployment' || kind === 'StatefulSet' || kind === 'ControllerRevision'
  const make = (group: string, version: string, deprecated: string): ServedVersion =>
    legacyVersion(group, version, {
      kind,
      use: 'apps/v1',
      schemaName: `io.k8s.api.${group}.${version}.${kind}`,
      deprecated,
      removed: '1.16',
      ...(kind === 'ControllerRevision'
        ? {}
        : { toStorage: (object) => toStorage(object, kind, `${group}/${version}`), fromStorage: (object) => fromStorage(object, kind) }),
    })
  return [
    ...(inExtensions ? [make('extensions', 'v1beta1', '1.8')] : []),
    ...(inV1beta1 ? [make('apps', 'v1beta1', '1.8')] : []),
    make('apps', 'v1beta2', '1.9'),
  ]
}

function toStorage(object: Workload, kind: Kind, apiVersion: string): KubeObject {
  const { rollbackTo: _rollback, templateGeneration, ...spec } = object.spec ?? {}
  const labels = spec.template?.metadata?.labels
  if (apiVersion !== 'apps/v1beta2') {
    if (spec.selector === undefined && labels !== undefined) spec.selector = { matchLabels: { ...labels } }
    oldDefaults(spec, kind, apiVersion)
  }
  if (kind !== 'DaemonSet' || templateGeneration === undefined) return { ...object, spec } as KubeObject
  const annotations = { ...object.metadata?.annotations, [templateGenerationAnnotation]: String(templateGeneration) }
  return { ...object, metadata: { ...object.metadata, annotations }, spec } as KubeObject
}

function oldDefaults(spec: NonNullable<Workload['spec']>, kind: Kind, apiVersion: string): void {
  const extensions = apiVersion === 'extensions/v1beta1'
  if (kind === 'DaemonSet' || kind === 'StatefulSet') spec.updateStrategy = { type: 'OnDelete', ...spec.updateStrategy }
  if (kind !== 'Deployment') return
  spec.revisionHistoryLimit ??= extensions ? noLimit : 2
  if (!extensions) return
  spec.progressDeadlineSeconds ??= noLimit
  const type = spec.strategy?.type ?? 'RollingUpdate'
  if (type === 'RollingUpdate') spec.strategy = { type, rollingUpdate: { maxUnavailable: 1, maxSurge: 1, ...spec.strategy?.rollingUpdate } }
}

function fromStorage(object: Workload, kind: Kind): KubeObject {
  if (kind !== 'DaemonSet') return object
  const { [templateGenerationAnnotation]: text, ...annotations } = object.metadata?.annotations ?? {}
  if (text === undefined) return object
  const { annotations: _all, ...metadata } = object.metadata ?? {}
  return {
    ...object,
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    spec: { ...object.spec, templateGeneration: Number(text) },
  } as KubeObject
}
