// What is wrong with a new pod, in upstream's words and order.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pod } from '../../../src/api/core/pod/index.ts'
import { createErrors } from '../strategy.ts'

const good = { name: 'a', image: 'nginx:1' }
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

const cases: { name: string; given?: object; container?: object; metadata?: object; want: string[] }[] = [
  { name: 'a good pod', want: [] },
  { name: 'no containers', given: { containers: [] }, want: ['spec.containers: Required value'] },
  { name: 'a container without image', container: { image: '' }, want: ['spec.containers[0].image: Required value'] },
  {
    name: 'spaces around an image',
    container: { image: ' nginx' },
    want: ['spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace'],
  },
  {
    name: 'a container name that is no label',
    container: { name: 'A_b' },
    want: [`spec.containers[0].name: Invalid value: "A_b": ${label}`],
  },
  { name: 'two containers of one name', given: { containers: [good, good] }, want: ['spec.containers[1].name: Duplicate value: "a"'] },
  {
    name: 'an unknown restart policy',
    given: { restartPolicy: 'Sometimes' },
    want: ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
  },
  {
    name: 'a port out of range and an unknown protocol',
    container: { ports: [{ containerPort: 70000, protocol: 'ICMP' }] },
    want: [
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      'spec.containers[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
    ],
  },
  {
    name: 'two containers on one host port',
    given: {
      containers: [
        { ...good, ports: [{ containerPort: 80, hostPort: 80 }] },
        { ...good, name: 'b', ports: [{ containerPort: 81, hostPort: 80 }] },
      ],
    },
    want: ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
  },
  {
    name: 'a mount of no volume',
    container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    want: ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  },
  {
    name: 'requests above limits',
    container: { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
    want: ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  },
  {
    name: 'half a device',
    container: { resources: { limits: { 'example.com/gpu': '500m' } } },
    want: [
      'spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer',
      'spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer',
    ],
  },
  {
    name: 'a resource nobody knows',
    container: { resources: { requests: { disk: '1' } } },
    want: [
      'spec.containers[0].resources.requests[disk]: Invalid value: "disk": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.requests[disk]: Invalid value: "disk": must be a standard resource for containers',
    ],
  },
  {
    name: 'huge pages alone',
    container: { resources: { limits: { 'hugepages-2Mi': '2Mi' } } },
    want: ['spec.containers[0].resources: Forbidden: HugePages require cpu or memory'],
  },
  {
    name: 'a probe without handler and with two successes',
    container: { livenessProbe: { successThreshold: 2 } },
    want: [
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
      'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
    ],
  },
  {
    name: 'two handlers',
    container: { lifecycle: { preStop: { exec: { command: ['x'] }, httpGet: { port: 80 } } } },
    want: ['spec.containers[0].lifecycle.preStop.httpGet: Forbidden: may not specify more than 1 handler type'],
  },
  {
    name: 'an env variable from nowhere, and one with two sources',
    container: {
      env: [
        { name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.nothing' } } },
        { name: 'C', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } },
      ],
    },
    want: [
      'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      'spec.containers[0].env[1].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.nothing": error converting fieldPath: field label not supported: metadata.nothing',
      'spec.containers[0].env[2].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
    ],
  },
  {
    name: 'probes of an init container that ends',
    given: { initContainers: [{ name: 'i', image: 'x', readinessProbe: { exec: { command: ['x'] } } }] },
    want: ['spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
  },
  {
    name: 'restart rules without policy, and wrong ones',
    container: { restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [3] } }] },
    want: ['spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
  },
  {
    name: 'a wrong restart rule',
    container: { restartPolicy: 'Never', restartPolicyRules: [{ action: 'DoNotRestart', exitCodes: { operator: 'Equals', values: [3] } }] },
    want: [
      'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "DoNotRestart": supported values: "Restart", "RestartAllContainers"',
      'spec.containers[0].restartPolicyRules[0].exitCodes.operator: Unsupported value: "Equals": supported values: "In", "NotIn"',
    ],
  },
  {
    name: 'ephemeral containers on create',
    given: { ephemeralContainers: [{ name: 'e', image: 'x', ports: [{ containerPort: 1 }] }] },
    want: [
      'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    ],
  },
  {
    name: 'two sources in one volume, and the same name again',
    given: {
      volumes: [
        { name: 'v', emptyDir: {}, hostPath: { path: '/x' } },
        { name: 'w', secret: {} },
      ],
    },
    want: [
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
      'spec.volumes[1].secret.secretName: Required value',
    ],
  },
  {
    name: 'a path that climbs out of its volume',
    given: { volumes: [{ name: 'v', configMap: { name: 'm', items: [{ key: 'k', path: '../x' }] } }] },
    want: ['spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain \'..\''],
  },
  {
    name: 'a toleration of everything without Exists',
    given: { tolerations: [{ effect: 'NoSchedule' }, { key: 'k', operator: 'Exists', tolerationSeconds: 5 }] },
    want: [
      'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      'spec.tolerations[1].effect: Invalid value: "": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
  },
  {
    name: 'an affinity without terms and a weight of 0',
    given: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, preference: {} }],
        },
      },
    },
    want: [
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
    ],
  },
  {
    name: 'a spread constraint with nothing right',
    given: { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Maybe', minDomains: 2 }] },
    want: [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"',
      'spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not Maybe',
    ],
  },
  {
    name: 'DNS policy None without servers',
    given: { dnsPolicy: 'None' },
    want: ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  },
  {
    name: 'host aliases that are no addresses',
    given: { hostAliases: [{ ip: '300.1.1.1', hostnames: ['a'] }] },
    want: ['spec.hostAliases[0].ip: Invalid value: "300.1.1.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  },
  {
    name: 'a user that is no user, and sysctls of the host',
    given: { hostNetwork: true, securityContext: { runAsUser: -1, sysctls: [{ name: 'net.core.somaxconn', value: '1' }] } },
    want: [
      'spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      'spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when \'hostNetwork\' is true',
    ],
  },
  {
    name: 'a node before the gates are open',
    given: { nodeName: 'n', schedulingGates: [{ name: 'g' }] },
    want: ['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
  },
  {
    name: 'a mirror pod without node',
    metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } },
    want: ['metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set'],
  },
  {
    name: 'a Linux pod with Windows options',
    given: { os: { name: 'linux' }, securityContext: { windowsOptions: {} } },
    want: ['spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'],
  },
  {
    name: 'pod-level requests below those of the containers',
    given: { resources: { requests: { cpu: '1' } }, containers: [{ ...good, resources: { requests: { cpu: '2' } } }] },
    want: ['spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2'],
  },
]

for (const { name, given, container, metadata, want } of cases) {
  test(`new pod: ${name}`, () => {
    const pod = { metadata: { name: 'p', namespace: 'd', ...metadata }, spec: { containers: [{ ...good, ...container }], ...given } }
    assert.deepEqual(createErrors(Pod, pod), want)
  })
}
