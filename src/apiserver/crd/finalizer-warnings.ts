// Warnings about the finalizers that a custom resource gains. Words: k8s.io/apiextensions-apiserver/pkg/registry/customresource. Pure.
import type { KubeObject } from '../../apimachinery/meta.ts'
import { qualifiedName } from '../../apimachinery/names.ts'

const standard = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])
const field = 'metadata.finalizers'

/** One warning per new finalizer that is no qualified name with a path. */
export function finalizerWarnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const before = old?.metadata?.finalizers ?? []
  const added = new Set((object.metadata?.finalizers ?? []).filter((name) => !before.includes(name)))
  return [...added].sort().flatMap((name) => {
    const quoted = `${field}: ${JSON.stringify(name)}`
    const faults = qualifiedName(name).map((fault) => `${quoted}: ${fault}`)
    if (name.includes('/') || standard.has(name)) return faults
    const path = name.includes('.') ? ' including a path (/)' : ''
    return [
      ...faults,
      `${quoted}: prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`,
    ]
  })
}
