// apiregistration.k8s.io/v1 (APIService): its Go package is in no Debian package, so its few facts are written here by hand.
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/api-service-v1/
import type { SchemaFacts } from '../../src/apimachinery/schema/facts.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const prefix = 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1'
const typeMeta = { kind: { t: 'string', o: 1 }, apiVersion: { t: 'string', o: 1 } }

export const apiRegistration: SchemaFacts = {
  [`${prefix}.APIService`]: {
    g: ['apiregistration.k8s.io', 'v1'],
    f: {
      ...typeMeta,
      metadata: { t: `#${meta}.ObjectMeta`, p: 1 },
      spec: { t: '#APIServiceSpec', p: 2 },
      status: { t: '#APIServiceStatus', p: 3 },
    },
  },
  [`${prefix}.APIServiceCondition`]: {
    f: {
      type: { t: 'string', p: 1, r: 1 },
      status: { t: 'string', p: 2, r: 1 },
      lastTransitionTime: { t: 'date-time', p: 3, o: 1 },
      reason: { t: 'string', p: 4, o: 1 },
      message: { t: 'string', p: 5, o: 1 },
    },
  },
  [`${prefix}.APIServiceList`]: {
    g: ['apiregistration.k8s.io', 'v1'],
    f: { ...typeMeta, metadata: { t: `#${meta}.ListMeta`, p: 1 }, items: { t: '[]#APIService', p: 2, r: 1 } },
  },
  [`${prefix}.APIServiceSpec`]: {
    f: {
      service: { t: '#ServiceReference', p: 1, o: 1, q: 1 },
      group: { t: 'string', p: 2, o: 1 },
      version: { t: 'string', p: 3, o: 1 },
      insecureSkipTLSVerify: { t: 'boolean', p: 4, o: 1 },
      caBundle: { t: 'byte', p: 5, o: 1, lt: 'atomic' },
      groupPriorityMinimum: { t: 'int32', p: 7, r: 1 },
      versionPriority: { t: 'int32', p: 8, r: 1 },
    },
  },
  [`${prefix}.APIServiceStatus`]: {
    f: { conditions: { t: '[]#APIServiceCondition', p: 1, o: 1, lt: 'map', lk: ['type'], ps: 'merge', pk: 'type' } },
  },
  [`${prefix}.ServiceReference`]: {
    f: {
      namespace: { t: 'string', p: 1, o: 1 },
      name: { t: 'string', p: 2, o: 1 },
      port: { t: 'int32', p: 3, o: 1, q: 1 },
    },
  },
}
