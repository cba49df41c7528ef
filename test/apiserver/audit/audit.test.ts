// The audit log: its policy by table, its events through the whole server, its file on disk.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { auditDecision } from '../../../src/apiserver/audit/decision.ts'
import { auditLogFile } from '../../../src/apiserver/audit/log-file.ts'
import { auditPolicy } from '../../../src/apiserver/audit/policy.ts'
import { requestInfo } from '../../../src/apiserver/request-info.ts'
import { startProgram } from '../wire/server.ts'

const policy = (rules: string) => `apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n${rules}`

describe('a policy', () => {
  const parsed = auditPolicy(
    policy(`
- {level: None, users: ["system:kube-proxy"], verbs: [watch]}
- {level: None, nonResourceURLs: ["/healthz*", "/version"]}
- {level: Metadata, resources: [{group: "", resources: [secrets, "pods/log", "*/status"]}]}
- {level: Request, userGroups: [devs], namespaces: [dev], omitStages: [RequestReceived]}
- {level: RequestResponse, resources: [{group: apps, resources: ["deployments/*"], resourceNames: [web]}], omitManagedFields: true}
`),
  )
  const cases: [name: string, user: string, groups: string[], method: string, url: string, want: string][] = [
    ['user and verb', 'system:kube-proxy', [], 'GET', '/api/v1/services?watch=1', 'None'],
    ['no match at all', 'system:kube-proxy', [], 'GET', '/api/v1/services', 'None'],
    ['a path with a wildcard', 'u', ['devs'], 'GET', '/healthz/etcd', 'None'],
    ['a resource', 'u', [], 'GET', '/api/v1/namespaces/x/secrets/s', 'Metadata'],
    ['a subresource', 'u', [], 'GET', '/api/v1/namespaces/x/pods/p/log', 'Metadata'],
    ['a subresource of any resource', 'u', [], 'PUT', '/api/v1/nodes/n/status', 'Metadata'],
    ['a group of users in a namespace', 'u', ['devs'], 'POST', '/api/v1/namespaces/dev/pods', 'Request'],
    ['any subresource of a named object', 'u', [], 'PUT', '/apis/apps/v1/namespaces/x/deployments/web/scale', 'RequestResponse'],
    ['not of another', 'u', [], 'PUT', '/apis/apps/v1/namespaces/x/deployments/db/scale', 'None'],
  ]
  for (const [name, user, groups, method, url, want] of cases) {
    it(name, () => {
      const { pathname, searchParams } = new URL(url, 'http://x')
      assert.equal(auditDecision(parsed, { name: user, groups }, requestInfo(method, pathname, searchParams)).level, want)
    })
  }

  const broken: [name: string, text: string, want: RegExp][] = [
    ['an unknown level', policy('- {level: Everything}'), /rules\[0\]\.level/],
    ['a path without slash', policy('- {level: None, nonResourceURLs: [healthz]}'), /must begin with a '\/' character/],
    ['both kinds of targets', policy('- {level: None, nonResourceURLs: [/x], namespaces: [a]}'), /rules cannot apply to both/],
    ['an unknown stage', policy('- {level: None, omitStages: [Later]}'), /allowed stages are RequestReceived,ResponseStarted/],
    ['no rules', 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []', /0 rules/],
    ['another version', 'apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: None}]', /apiVersion/],
  ]
  for (const [name, text, want] of broken) it(`is refused for ${name}`, () => assert.throws(() => auditPolicy(text), want))
})

// biome-ignore lint/suspicious/noExplicitAny: events are looked into
type Event = any

async function recorded(rules: string, ask: (program: Awaited<ReturnType<typeof startProgram>>) => Promise<unknown>): Promise<Event[]> {
  const lines: string[] = []
  const auditSink = { write: (line: string) => lines.push(line) > 0, close: async () => {} }
  const program = await startProgram({ auditPolicyText: policy(rules), auditSink })
  await ask(program)
  await program.close()
  return lines.map((line) => JSON.parse(line))
}

describe('events', () => {
  it('have the shape of audit.k8s.io/v1', async () => {
    const events = await recorded('- {level: Metadata}', ({ call }) =>
      call(
        'POST',
        '/api/v1/namespaces/default/configmaps',
        { metadata: { name: 'a' }, data: { secret: 'x' } },
        { 'user-agent': 'test/1', 'audit-id': 'id-1' },
      ),
    )
    assert.equal(events.length, 2)
    assert.deepEqual(events[1], {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: 'id-1',
      stage: 'ResponseComplete',
      requestURI: '/api/v1/namespaces/default/configmaps',
      verb: 'create',
      user: { username: 'admin', uid: '1', groups: ['system:masters', 'system:authenticated'] },
      sourceIPs: ['127.0.0.1'],
      userAgent: 'test/1',
      objectRef: { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      requestReceivedTimestamp: '2026-03-01T12:00:00.000000Z',
      stageTimestamp: '2026-03-01T12:00:00.000000Z',
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    })
    assert.equal(events[0].stage, 'RequestReceived')
    assert.equal(events[0].responseStatus, undefined)
  })

  it('carry bodies as the level says, and leave managedFields out on request', async () => {
    const events = await recorded(
      '- {level: RequestResponse, omitStages: [RequestReceived], omitManagedFields: true}',
      async ({ call }) => {
        const url = '/api/v1/namespaces/default/configmaps'
        await call('POST', url, { metadata: { name: 'a' } })
        await call('PATCH', `${url}/a`, { data: { k: 'v' } }, { 'content-type': 'application/merge-patch+json' })
        await call('GET', `${url}?fieldSelector=metadata.name%3Da`)
        await call('GET', `${url}/none`)
        await call('DELETE', `${url}/a`)
      },
    )
    const [created, patched, listed, missing, deleted] = events
    assert.equal(created.requestObject.kind, 'ConfigMap')
    assert.ok(created.responseObject.metadata.uid)
    assert.equal(created.responseObject.metadata.managedFields, undefined)
    assert.deepEqual(patched.requestObject, { data: { k: 'v' } })
    assert.equal(listed.responseObject.items.length, 1)
    assert.equal(listed.responseObject.items[0].metadata.managedFields, undefined)
    assert.equal(missing.responseStatus.reason, 'NotFound')
    assert.equal(missing.responseStatus.message, 'configmaps "none" not found')
    assert.equal(missing.responseStatus.code, 404)
    assert.equal(deleted.responseStatus.status, 'Success')
    assert.equal(deleted.responseStatus.code, 200)
  })

  it('name the impersonated user and what allowed it', async () => {
    const [event] = await recorded('- {level: Metadata}', ({ call }) =>
      call('GET', '/api/v1/nodes', undefined, { 'impersonate-user': 'bob' }),
    )
    assert.equal(event.user.username, 'admin')
    const events = await recorded('- {level: Metadata, omitStages: [RequestReceived]}', ({ call }) =>
      call('GET', '/api/v1/nodes', undefined, { 'impersonate-user': 'bob' }),
    )
    assert.deepEqual(events[0].impersonatedUser, { username: 'bob', groups: ['system:authenticated'] })
    assert.deepEqual(events[0].authenticationMetadata, { impersonationConstraint: 'impersonate:user-info' })
  })

  it('tell of refused credentials once, without a user', async () => {
    const events = await recorded('- {level: Metadata}', ({ call }) =>
      call('GET', '/api/v1/nodes', undefined, { authorization: 'Bearer x' }),
    )
    assert.equal(events.length, 1)
    assert.equal(events[0].stage, 'ResponseStarted')
    assert.deepEqual(events[0].user, {})
    assert.equal(events[0].responseStatus.code, 401)
  })

  it('of a watch begin with ResponseStarted', async () => {
    const events = await recorded('- {level: RequestResponse}', async ({ server, clock }) => {
      const reply = server.fastify.inject({
        url: '/api/v1/nodes?watch=1&timeoutSeconds=1',
        headers: { authorization: 'Bearer admin-token' },
      })
      await new Promise((resolve) => setTimeout(resolve, 20))
      await clock.advance(2000)
      await reply
    })
    assert.deepEqual(
      events.map(({ stage }) => stage),
      ['RequestReceived', 'ResponseStarted', 'ResponseComplete'],
    )
    assert.equal(events[2].responseObject, undefined)
  })
})

it('the file is put aside when it is full, and old ones go', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'k8ts-audit-'))
  let now = Date.parse('2026-03-01T12:00:00Z')
  const options = { path: join(folder, 'audit.log'), maxSizeMegabytes: 0.001, maxBackups: 2, maxAgeDays: 0, log: pino({ level: 'silent' }) }
  const sink = await auditLogFile({ ...options, now: () => (now += 1000) })
  for (let i = 0; i < 5; i++) {
    assert.ok(sink.write(`${String(i).repeat(900)}\n`))
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  await sink.close()
  assert.deepEqual(readdirSync(folder).length, 3)
  assert.equal(readFileSync(options.path, 'utf8')[0], '4')
  assert.ok(readdirSync(folder).every((name) => /^audit(-2026-03-01T12-00-\d\d\.000)?\.log$/.test(name)))
  rmSync(folder, { recursive: true })
})

it('a full buffer loses lines, not requests', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'k8ts-audit-'))
  const sink = await auditLogFile({
    path: join(folder, 'audit.log'),
    maxSizeMegabytes: 100,
    maxBackups: 0,
    maxAgeDays: 0,
    now: () => 0,
    log: pino({ level: 'silent' }),
  })
  let taken = 0
  for (let i = 0; i < 10_100; i++) if (sink.write('x\n')) taken++
  assert.equal(taken, 10_000)
  await sink.close()
  assert.equal(readFileSync(join(folder, 'audit.log'), 'utf8').length, 20_000)
  rmSync(folder, { recursive: true })
})
