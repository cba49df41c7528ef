// What `kubectl explain` says: every kind has words, and so has every field of the kinds that people meet first, all the way down.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { builtinKinds } from '../../src/api/index.ts'
import { resolveReference, type SchemaFacts } from '../../src/apimachinery/schema/facts.ts'

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../openapi/${name}`, import.meta.url), 'utf8'))
const facts = read('schema.json') as SchemaFacts
const descriptions = read('descriptions.json') as Record<string, Record<string, string>>

const first = new Set(
  `Pod PodTemplate ReplicationController Service ConfigMap Secret PersistentVolume PersistentVolumeClaim Namespace Node Event ServiceAccount
  ResourceQuota LimitRange Endpoints Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision Job CronJob Ingress IngressClass
  NetworkPolicy HorizontalPodAutoscaler PodDisruptionBudget Role RoleBinding ClusterRole ClusterRoleBinding StorageClass EndpointSlice Lease
  PriorityClass ValidatingWebhookConfiguration MutatingWebhookConfiguration CustomResourceDefinition`.split(/\s+/),
)

test('every built-in kind is described', () => {
  const silent = builtinKinds.filter(({ schemaName }) => !/\.v\d(alpha|beta)\d/.test(schemaName) && !descriptions[schemaName]?.[''])
  assert.deepEqual(
    silent.map(({ kind }) => kind),
    [],
  )
})

test('every field of the first kinds is described', () => {
  const open = builtinKinds.filter(({ kind }) => first.has(kind)).map(({ schemaName }) => schemaName)
  assert.ok(open.length >= first.size)
  const seen = new Set<string>()
  const silent: string[] = []
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const type = facts[name]
    if (type === undefined || seen.has(name)) continue
    seen.add(name)
    if (!descriptions[name]?.['']) silent.push(name)
    for (const [field, { t }] of Object.entries(type.f ?? {})) {
      if (!descriptions[name]?.[field]) silent.push(`${name} ${field}`)
      const at = t.indexOf('#')
      if (at >= 0) open.push(resolveReference(t.slice(at), name))
    }
  }
  assert.ok(seen.size > 300)
  assert.deepEqual(silent, [])
})
