// The expected hashes are those of real clusters: `kubectl create deployment nginx --image=nginx`, and kubeadm's coredns, over several releases.
// A release hashes all fields its types have, so each is computed with the fields of its time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerRevisionHash, hashText, podTemplateHash, templateSum, withCount } from '../../src/apimachinery/hash.ts'
import { safeEncode } from '../../src/apimachinery/object-meta.ts'
import { schemaOf } from '../../src/apimachinery/schema/from-openapi.ts'
import type { Schema } from '../../src/apimachinery/schema/schema.ts'

const template = schemaOf('io.k8s.api.core.v1.PodTemplateSpec')

type Missing = Record<string, string[]>

/** The schema of an older release: without the fields that came later. */
function without(schema: Schema, missing: Missing): Schema {
  const type = schema.typeName?.split('.').at(-1) ?? ''
  const kept = Object.entries(schema.properties ?? {}).filter(([name]) => !missing[type]?.includes(name))
  return {
    ...schema,
    ...(schema.properties === undefined
      ? {}
      : { properties: Object.fromEntries(kept.map(([name, field]) => [name, without(field, missing)])) }),
    ...(schema.items === undefined ? {} : { items: without(schema.items, missing) }),
  }
}

const since34: Missing = { PodSpec: ['schedulingGroup'] }
const since33: Missing = { PodSpec: ['schedulingGroup', 'hostnameOverride'], Container: ['restartPolicyRules'] }
const since31: Missing = { ...since33, PodSpec: [...since33['PodSpec']!, 'resources'], PodSecurityContext: ['seLinuxChangePolicy'] }
const since30: Missing = { ...since31, PodSecurityContext: ['seLinuxChangePolicy', 'supplementalGroupsPolicy'], Volume: ['image'] }
const since28: Missing = {
  ...since30,
  PodSecurityContext: [...since30['PodSecurityContext']!, 'appArmorProfile'],
  SecurityContext: ['appArmorProfile'],
  VolumeMount: ['recursiveReadOnly'],
  PodAffinityTerm: ['matchLabelKeys', 'mismatchLabelKeys'],
}

const always = { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' }
const common = { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, securityContext: {}, schedulerName: 'default-scheduler' }

const nginx = {
  metadata: { labels: { app: 'nginx' } },
  spec: {
    ...common,
    containers: [{ name: 'nginx', image: 'nginx', resources: {}, ...always, imagePullPolicy: 'Always' }],
    dnsPolicy: 'ClusterFirst',
  },
}

function coredns(version: string, all: string, named: boolean): object {
  const probePorts = [
    { name: 'liveness-probe', containerPort: 8080, protocol: 'TCP' },
    { name: 'readiness-probe', containerPort: 8181, protocol: 'TCP' },
  ]
  const container = {
    name: 'coredns',
    image: `registry.k8s.io/coredns/coredns:${version}`,
    args: ['-conf', '/etc/coredns/Corefile'],
    ports: [
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
      { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
      { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
      ...(named ? probePorts : []),
    ],
    resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
    volumeMounts: [{ name: 'config-volume', readOnly: true, mountPath: '/etc/coredns' }],
    livenessProbe: {
      httpGet: { path: '/health', port: named ? 'liveness-probe' : 8080, scheme: 'HTTP' },
      ...{ initialDelaySeconds: 60, timeoutSeconds: 5, periodSeconds: 10, successThreshold: 1, failureThreshold: 5 },
    },
    readinessProbe: {
      httpGet: { path: '/ready', port: named ? 'readiness-probe' : 8181, scheme: 'HTTP' },
      ...{ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
    },
    ...always,
    imagePullPolicy: 'IfNotPresent',
    securityContext: {
      capabilities: { add: ['NET_BIND_SERVICE'], drop: [all] },
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
    },
  }
  const term = {
    labelSelector: { matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] },
    topologyKey: 'kubernetes.io/hostname',
  }
  return {
    metadata: { labels: { 'k8s-app': 'kube-dns' } },
    spec: {
      ...common,
      volumes: [
        { name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }], defaultMode: 420 } },
      ],
      containers: [container],
      dnsPolicy: 'Default',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      serviceAccountName: 'coredns',
      serviceAccount: 'coredns',
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] } },
      tolerations: [
        { key: 'CriticalAddonsOnly', operator: 'Exists' },
        { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
      ],
      priorityClassName: 'system-cluster-critical',
    },
  }
}

test('pod-template-hash equals that of real clusters', () => {
  const table: { name: string; given: object; missing: Missing; want: string }[] = [
    { name: 'nginx on 1.33', given: nginx, missing: since33, want: '5869d7778c' },
    { name: 'nginx on 1.31', given: nginx, missing: since31, want: '676b6c5bbc' },
    { name: 'coredns on 1.34', given: coredns('v1.12.1', 'ALL', true), missing: since34, want: '66bc5c9577' },
    { name: 'coredns on 1.33', given: coredns('v1.12.0', 'ALL', false), missing: since33, want: '674b8bbfcf' },
    { name: 'coredns on 1.31', given: coredns('v1.11.3', 'ALL', false), missing: since31, want: '7c65d6cfc9' },
    { name: 'coredns on 1.30', given: coredns('v1.11.1', 'ALL', false), missing: since30, want: '7db6d8ff4d' },
    { name: 'coredns on 1.28', given: coredns('v1.10.1', 'all', false), missing: since28, want: '5dd5756b68' },
  ]
  for (const { name, given, missing, want } of table)
    assert.equal(safeEncode(String(templateSum(given, without(template, missing)))), want, name)
})

test('the collision count changes the hash, key order and empty lists do not', () => {
  assert.notEqual(podTemplateHash(nginx, 1), podTemplateHash(nginx))
  assert.notEqual(podTemplateHash(nginx, 0), podTemplateHash(nginx))
  const { metadata, spec } = nginx
  assert.equal(podTemplateHash({ spec: { volumes: [], ...spec }, metadata }), podTemplateHash(Object.freeze(nginx)))
})

test('the sums are FNV', () => {
  assert.equal(hashText('a'), 0xe40c292c)
  assert.equal(hashText(''), 0x811c9dc5)
  assert.equal(withCount(5, undefined), 5)
  assert.equal(controllerRevisionHash('a'), safeEncode(String(0x050c5d7e)))
})
