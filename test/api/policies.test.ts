// Rules with upstream's words, of the groups that grant, guard and admit: rbac, policy, certificates, admission, flow control, APIs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MutatingWebhookConfiguration } from '../../src/api/admissionregistration/mutatingwebhookconfiguration.ts'
import { ValidatingAdmissionPolicy } from '../../src/api/admissionregistration/validatingadmissionpolicy.ts'
import { ValidatingAdmissionPolicyBinding } from '../../src/api/admissionregistration/validatingadmissionpolicybinding.ts'
import { APIService } from '../../src/api/apiregistration/apiservice.ts'
import { SelfSubjectAccessReview } from '../../src/api/authorization/selfsubjectaccessreview.ts'
import { SubjectAccessReview } from '../../src/api/authorization/subjectaccessreview.ts'
import { CertificateSigningRequest } from '../../src/api/certificates/certificatesigningrequest.ts'
import { FlowSchema } from '../../src/api/flowcontrol/flowschema.ts'
import { PriorityLevelConfiguration } from '../../src/api/flowcontrol/prioritylevelconfiguration.ts'
import { PodDisruptionBudget } from '../../src/api/policy/poddisruptionbudget.ts'
import { ClusterRole } from '../../src/api/rbac/clusterrole.ts'
import { ClusterRoleBinding } from '../../src/api/rbac/clusterrolebinding.ts'
import { Role } from '../../src/api/rbac/role.ts'
import { RoleBinding } from '../../src/api/rbac/rolebinding.ts'
import { cells, created, createErrors, defaulted, updateErrors } from './strategy.ts'

const metadata = { name: 'a' }
const roleRef = { kind: 'Role', name: 'reader' }
const request = btoa('-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n')
const csr = (spec: object = {}) => ({ metadata, spec: { request, usages: ['client auth'], signerName: 'example.com/signer', ...spec } })
const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }]
const webhook = { name: 'a.example.com', clientConfig: { url: 'https://a' }, rules, sideEffects: 'None', admissionReviewVersions: ['v1'] }
const hooks = (more: object) => ({ metadata, webhooks: [{ ...webhook, ...more }] })
const apiService = (spec: object) => ({
  metadata: { name: 'v1.example.com' },
  spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10, ...spec },
})
const limited = (more: object) => ({ metadata, spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...more } } })

const cases = [
  {
    name: 'both limits',
    kind: PodDisruptionBudget,
    given: { metadata, spec: { minAvailable: 1, maxUnavailable: '101%' } },
    want: [
      'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"101%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
      'spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
  },
  {
    name: 'no verbs',
    kind: Role,
    given: { metadata, rules: [{ apiGroups: [''], resources: ['pods'] }] },
    want: ['rules[0].verbs: Required value: verbs must contain at least one value'],
  },
  {
    name: 'paths in a namespace',
    kind: Role,
    given: { metadata, rules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }] },
    want: ['rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs'],
  },
  {
    name: 'neither resources nor groups',
    kind: ClusterRole,
    given: { metadata, rules: [{ verbs: ['get'] }] },
    want: [
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  },
  { name: 'a good one', kind: RoleBinding, given: { metadata, roleRef, subjects: [{ kind: 'User', name: 'jane' }] }, want: [] },
  {
    name: 'an unknown subject',
    kind: RoleBinding,
    given: { metadata, roleRef, subjects: [{ kind: 'Robot', name: 'r' }] },
    want: ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
  },
  {
    name: 'a role for the cluster',
    kind: ClusterRoleBinding,
    given: { metadata, roleRef, subjects: [{ kind: 'ServiceAccount', name: 's' }] },
    want: ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"', 'subjects[0].namespace: Required value'],
  },
  { name: 'a good one', kind: CertificateSigningRequest, given: csr(), want: [] },
  {
    name: 'no usages, soon over',
    kind: CertificateSigningRequest,
    given: csr({ usages: [], expirationSeconds: 60 }),
    want: [
      'spec.usages: Required value',
      'spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)',
    ],
  },
  { name: 'a good one', kind: MutatingWebhookConfiguration, given: hooks({}), want: [] },
  {
    name: 'a short name',
    kind: MutatingWebhookConfiguration,
    given: hooks({ name: 'a.b' }),
    want: ['webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots'],
  },
  {
    name: 'plain http, too slow, of unknown effect',
    kind: MutatingWebhookConfiguration,
    given: hooks({ clientConfig: { url: 'http://a' }, timeoutSeconds: 31, sideEffects: 'Some' }),
    want: [
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
      `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
    ],
  },
  {
    name: 'all and some',
    kind: MutatingWebhookConfiguration,
    given: hooks({ rules: [{ operations: ['*', 'CREATE'], apiGroups: ['*'], apiVersions: ['*'], resources: ['pods/*', 'pods/log'] }] }),
    want: [
      `webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
      `webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
    ],
  },
  {
    name: 'nothing to check',
    kind: ValidatingAdmissionPolicy,
    given: { metadata, spec: { matchConstraints: { resourceRules: rules } } },
    want: [
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
    ],
  },
  {
    name: 'no action',
    kind: ValidatingAdmissionPolicyBinding,
    given: { metadata, spec: { policyName: 'p', validationActions: [] } },
    want: ['spec.validationActions: Required value: at least one validation action is required'],
  },
  {
    name: 'another name',
    kind: APIService,
    given: { ...apiService({}), metadata: { name: 'v2.example.com' } },
    want: ['metadata.name: Invalid value: "v2.example.com": must be `spec.version+"."+spec.group`: "v1.example.com"'],
  },
  {
    name: 'no priority',
    kind: APIService,
    given: apiService({ versionPriority: 0, service: { name: 's', namespace: 'n' } }),
    want: ['spec.versionPriority: Invalid value: 0: must be positive and less than 1000'],
  },
  {
    name: 'nobody and nothing',
    kind: FlowSchema,
    given: { metadata, spec: { matchingPrecedence: 1, priorityLevelConfiguration: { name: 'x' }, rules: [{}] } },
    want: [
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
      'spec.rules[0].subjects: Required value: subjects must contain at least one value',
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    ],
  },
  {
    name: 'hands larger than the deck',
    kind: PriorityLevelConfiguration,
    given: limited({ limitResponse: { type: 'Queue', queuing: { queues: 2, handSize: 3 } } }),
    want: ['spec.limited.limitResponse.queuing.handSize: Invalid value: 3: should not be greater than queues (2)'],
  },
  {
    name: 'about nothing',
    kind: SelfSubjectAccessReview,
    given: { spec: {} },
    want: ['spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified'],
  },
] as const

for (const { name, kind, given, want } of cases) {
  test(`${kind.kind}: ${name}`, () => {
    const errors = createErrors(kind as never, kind.ephemeral ? { metadata: {}, ...given } : given)
    assert.deepEqual(
      errors.filter((error) => !error.startsWith('metadata: ')),
      want,
    )
  })
}

test('an access review needs somebody and has no name', () => {
  const validate = (object: object) => SubjectAccessReview.validate?.(object as never).map(({ field, detail }) => `${field}: ${detail}`)
  const spec = { resourceAttributes: { verb: 'get', resource: 'pods' } }
  assert.deepEqual(validate({ metadata, spec }), ['spec.user: at least one of user or group must be specified', 'metadata: must be empty'])
})

test('a binding keeps its role', () => {
  const given = { metadata, roleRef }
  assert.deepEqual(updateErrors(RoleBinding, { metadata, roleRef: { ...roleRef, name: 'writer' } }, given), [
    'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"writer"}: cannot change roleRef',
  ])
})

test('webhooks get upstream’s defaults', () => {
  const [first] =
    defaulted(MutatingWebhookConfiguration, hooks({ clientConfig: { service: { name: 's', namespace: 'n' } } })).webhooks ?? []
  const { failurePolicy, matchPolicy, timeoutSeconds, reinvocationPolicy, namespaceSelector } = first!
  assert.deepEqual(
    { failurePolicy, matchPolicy, timeoutSeconds, reinvocationPolicy, namespaceSelector },
    { failurePolicy: 'Fail', matchPolicy: 'Equivalent', timeoutSeconds: 10, reinvocationPolicy: 'Never', namespaceSelector: {} },
  )
  assert.equal(first?.clientConfig.service?.port, 443)
  assert.equal(first?.rules?.[0]?.scope, '*')
})

test('a certificate request records who asks, and only /approval approves', () => {
  const stored = created(CertificateSigningRequest, csr({ username: 'root' }))
  assert.deepEqual([stored.spec.username, stored.spec.groups], ['jane', ['dev']])
  const approved = { ...csr(), status: { conditions: [{ type: 'Approved', status: 'True' }] } }
  assert.deepEqual(updateErrors(CertificateSigningRequest, approved, csr(), 'status'), [
    'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
  ])
  assert.equal(
    cells(CertificateSigningRequest, { ...approved, status: { ...approved.status, certificate: 'eA==' } })['Condition'],
    'Approved,Issued',
  )
})

test('a local APIService is available at once', () => {
  const { status } = created(APIService, apiService({}))
  assert.deepEqual(status?.conditions?.[0], {
    type: 'Available',
    status: 'True',
    lastTransitionTime: '2026-01-02T03:04:05Z',
    reason: 'Local',
    message: 'Local APIServices are always available',
  })
  const down = {
    ...apiService({ service: { name: 's', namespace: 'n' } }),
    status: { conditions: [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }] },
  }
  const row = cells(APIService, down)
  assert.deepEqual([row['Service'], row['Available']], ['n/s', 'False (MissingEndpoints)'])
})

test('rows', () => {
  const subjects = [
    { kind: 'User', name: 'jane' },
    { kind: 'ServiceAccount', name: 's', namespace: 'n' },
  ]
  assert.deepEqual(cells(RoleBinding, { roleRef, subjects }), {
    Role: 'Role/reader',
    Age: '<unknown>',
    Users: 'jane',
    Groups: '',
    ServiceAccounts: 'n/s',
  })
  const budget = cells(PodDisruptionBudget, { spec: { maxUnavailable: 1 }, status: { disruptionsAllowed: 1 } })
  assert.deepEqual([budget['Min Available'], budget['Max Unavailable'], budget['Allowed Disruptions']], ['N/A', '1', 1])
  assert.equal(cells(FlowSchema, { spec: {} })['MissingPL'], '?')
})
