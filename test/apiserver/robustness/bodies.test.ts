// Hostile bodies over a real TLS socket: refused in the right words, with the event loop free and the server alive (guarantees 5.2: 3, 4, 20).
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { encodeEnvelope } from '../../../src/apimachinery/protobuf/envelope.ts'
import { type Attacked, calmly, startAttacked } from './attacked-server.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const pods = '/api/v1/namespaces/default/pods'
const json = 'application/json'
const yaml = 'application/yaml'
const protobuf = 'application/vnd.kubernetes.protobuf'
const apply = 'application/apply-patch+yaml'
const jsonPatch = 'application/json-patch+json'
const mergePatch = 'application/merge-patch+json'
const full = 3 * 1024 * 1024 - 200
const named = '"metadata":{"name":"n"}'

let k: Attacked
before(async () => {
  k = await startAttacked()
  for (const body of [`{"metadata":{"name":"w"},"data":{"a":"b"}}`, '{"metadata":{"name":"w2"}}']) {
    await k.ask('POST', maps, body, { 'content-type': json })
  }
})
after(async () => {
  assert.equal((await k.ask('GET', `${maps}/w`)).code, 200, 'the server lives')
  assert.deepEqual(Object.keys(Object.prototype), [])
  await k.close()
})

function list(count: number, item: (index: number) => unknown): unknown[] {
  return Array.from({ length: count }, (_, index) => item(index))
}

interface Attack {
  name: string
  path?: string
  type?: string
  body: () => string | Buffer
  want: number
  text?: RegExp
}

function attacks(method: string, all: Attack[]): void {
  for (const { name, path = maps, type = json, body, want, text } of all) {
    it(`${name}: ${want}`, async () => {
      const sent = body()
      const heard = await calmly(() => k.ask(method, path, sent, { 'content-type': type }))
      assert.equal(heard.code, want, heard.text.slice(0, 300))
      if (text !== undefined) assert.match(heard.text, text)
    })
  }
}

describe('JSON bombs', () => {
  attacks('POST', [
    { name: 'more than 3 MiB', body: () => `{${named},"data":{"a":"${'a'.repeat(full + 500)}"}}`, want: 413, text: /limit is 3145728/ },
    { name: 'three million brackets', body: () => '['.repeat(full), want: 413 },
    { name: 'deep objects', body: () => `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`, want: 400, text: /exceeded max depth/ },
    { name: 'a million empty containers', path: pods, body: () => `{${named},"spec":{"containers":[${'{},'.repeat(1e6)}{}]}}`, want: 413 },
    { name: 'a million numbers', body: () => `{${named},"x":[1234567890123456789,${'1,'.repeat(1e6)}1]}`, want: 413 },
    {
      name: 'two hundred thousand labels',
      body: () => JSON.stringify({ metadata: { labels: Object.fromEntries(list(2e5, (i) => [`-${i}`, '']) as [string, string][]) } }),
      want: 413,
    },
    { name: 'a number of three million digits', body: () => `{${named},"x":${'1'.repeat(full - 100)}}`, want: 400 },
    { name: 'a string of escapes', body: () => `{${named},"data":{"a":"${'\\"'.repeat(full / 2 - 50)}"}}`, want: 422 },
    {
      name: 'nine thousand wrong labels',
      body: () =>
        JSON.stringify({ metadata: { name: 'n', labels: Object.fromEntries(list(9000, (i) => [`-${i}`, '']) as [string, string][]) } }),
      want: 422,
    },
    {
      name: 'thousands of containers without a name',
      path: pods,
      body: () => `{${named},"spec":{"containers":[${'{},'.repeat(3000)}{}]}}`,
      want: 422,
    },
    {
      name: 'the same key three hundred thousand times',
      path: `${maps}?fieldValidation=Strict`,
      body: () => `{${named},"data":{${'"a":"",'.repeat(3e5)}"b":""}}`,
      want: 413,
    },
    {
      name: 'more than storage takes',
      path: pods,
      body: () => `{${named},"spec":{"containers":[{"name":"c","image":"x","env":[{"name":"a","value":"${'x'.repeat(1.6e6)}"}]}]}}`,
      want: 500,
      text: /etcdserver: request is too large/,
    },
  ])
})

describe('YAML bombs', () => {
  const laughs = `a: &a [x,x,x,x,x,x,x,x,x]\n${list(9, (i) => `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [${list(9, () => `*${'abcdefghi'[i]}`).join(',')}]`).join('\n')}`
  attacks('POST', [
    { name: 'billion laughs', type: yaml, body: () => laughs, want: 400, text: /excessive aliasing/ },
    {
      name: 'quadratic aliases',
      type: yaml,
      body: () => `a: &a [${'x,'.repeat(5000)}]\nb: [${'*a,'.repeat(900)}]`,
      want: 400,
      text: /excessive aliasing/,
    },
    {
      name: 'a hundred kilobytes of fields',
      type: yaml,
      body: () => `metadata:\n  name: many\ndata:\n${list(5000, (i) => `  key${i}: "abcdef"`).join('\n')}`,
      want: 201,
    },
    { name: 'a flow list', type: yaml, body: () => `a: [${'a,'.repeat(22_000)}]`, want: 413 },
    { name: 'broken JSON', type: yaml, body: () => `{"a":[[1,${'1,'.repeat(60_000)}}`, want: 413 },
    { name: 'nothing but quotes', type: yaml, body: () => '"'.repeat(15_000), want: 400 },
    { name: 'nothing but dashes', type: yaml, body: () => `${'- '.repeat(10_000)}a`, want: 400, text: /exceeded max depth/ },
    { name: 'documents', type: yaml, body: () => '---\n'.repeat(10_000), want: 422 },
    { name: 'two megabytes', type: yaml, body: () => 'a: b\n'.repeat(400_000), want: 400, text: /too large/ },
    {
      name: 'real YAML of 200 KB in one text',
      type: yaml,
      body: () => `metadata:\n  name: text\ndata:\n  a: |\n${'    abcdefghijk lmnop\n'.repeat(10_000)}`,
      want: 201,
    },
  ])

  it('while a large YAML is read, others are answered', async () => {
    const slow = k.ask('POST', `${maps}?dryRun=All`, `a: [${'[a],'.repeat(10_000)}]`, { 'content-type': yaml })
    let answered = 0
    const order: string[] = []
    void slow.then(() => order.push('slow'))
    while (answered < 5) {
      await k.ask('GET', `${maps}/w`)
      answered++
    }
    order.push('others')
    await slow
    assert.deepEqual(order, ['others', 'slow'])
  })
})

describe('protobuf garbage', () => {
  const env = (raw: Buffer, kind = 'ConfigMap') => Buffer.from(encodeEnvelope('v1', kind, raw))
  attacks('POST', [
    { name: 'nothing', type: protobuf, body: () => Buffer.alloc(0), want: 400 },
    { name: 'no envelope', type: protobuf, body: () => Buffer.from('{}'), want: 400, text: /does not appear to be a protobuf message/ },
    { name: 'lies about lengths', type: protobuf, body: () => env(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1])), want: 400 },
    { name: 'negative lengths', type: protobuf, body: () => env(Buffer.from([0x0a, ...Array(9).fill(0xff), 1])), want: 400 },
    { name: 'three megabytes of tags', type: protobuf, body: () => env(Buffer.alloc(full, 0x08)), want: 400 },
    { name: 'groups without end', type: protobuf, body: () => env(Buffer.alloc(1e6, 0x7b)), want: 400 },
    {
      name: 'a million empty map entries',
      type: protobuf,
      body: () => env(Buffer.alloc(2e6, Buffer.from([0x12, 0]))),
      want: 400,
      text: /too many values/,
    },
    {
      name: 'empty containers',
      path: pods,
      type: protobuf,
      body: () => env(Buffer.concat([Buffer.from([0x12, 0xe0, 0xa7, 0x12]), Buffer.alloc(300_000, Buffer.from([0x12, 0]))]), 'Pod'),
      want: 400,
      text: /too many values/,
    },
  ])
})

describe('patches that grow', () => {
  const ops =
    (...all: unknown[]) =>
    () =>
      JSON.stringify(all.flat())
  attacks('PATCH', [
    {
      name: '10 001 operations',
      path: `${maps}/w`,
      type: jsonPatch,
      body: ops(list(10_001, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' }))),
      want: 413,
      text: /maximum operations in a JSON patch is 10000, got 10001/,
    },
    {
      name: '10 000 operations',
      path: `${maps}/w`,
      type: jsonPatch,
      body: ops(list(10_000, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' }))),
      want: 200,
    },
    {
      name: 'copies of copies',
      path: `${maps}/w`,
      type: jsonPatch,
      body: ops(
        { op: 'add', path: '/x', value: [1] },
        list(64, () => ({ op: 'copy', from: '/x', path: '/x/-' })),
      ),
      want: 422,
    },
    {
      name: 'copies of much text',
      path: `${maps}/w`,
      type: jsonPatch,
      body: ops(
        { op: 'add', path: '/data', value: { a: 'x'.repeat(1000) } },
        list(9000, (i) => ({ op: 'copy', from: '/data', path: `/data/b${i}` })),
      ),
      want: 422,
    },
    {
      name: 'insertions at the front',
      path: `${maps}/w`,
      type: jsonPatch,
      body: ops(
        { op: 'add', path: '/x', value: Array(15_000).fill(1) },
        list(9000, () => ({ op: 'add', path: '/x/0', value: 1 })),
      ),
      want: 422,
    },
    {
      name: 'nesting by moves',
      path: `${maps}/w`,
      type: jsonPatch,
      body: ops(
        { op: 'add', path: '/x', value: {} },
        list(2000, () => [
          { op: 'add', path: '/t', value: {} },
          { op: 'move', from: '/x', path: '/t/n' },
          { op: 'move', from: '/t', path: '/x' },
        ]).flat(),
      ),
      want: 422,
    },
    {
      name: 'a deep merge patch',
      path: `${maps}/w`,
      type: mergePatch,
      body: () => `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
      want: 400,
      text: /exceeded max depth/,
    },
    {
      name: 'an apply of JSON under the name of YAML',
      path: `${maps}/applied?fieldManager=m`,
      type: apply,
      body: () => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, data: { big: 'x'.repeat(9e5) } }),
      want: 201,
    },
    {
      name: 'an apply of too many fields',
      path: `${maps}/applied?fieldManager=m`,
      type: apply,
      body: () =>
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'applied' },
          data: Object.fromEntries(list(2e4, (i) => [`k${i}`, '']) as [string, string][]),
        }),
      want: 413,
    },
  ])

  it('patches that add up are refused before the object is too heavy', async () => {
    const codes: number[] = []
    for (let round = 0; round < 20 && codes.at(-1) !== 413; round++) {
      const body = JSON.stringify({ metadata: { finalizers: list(4000, (i) => `a.b/x${round}-${i}`) } })
      const type = { 'content-type': 'application/strategic-merge-patch+json' }
      codes.push((await calmly(() => k.ask('PATCH', `${maps}/w2`, body, type))).code)
    }
    assert.equal(codes.at(-1), 413)
    assert.ok(codes.length > 2 && codes.slice(0, -1).every((code) => code === 200), String(codes))
    await k.ask('PATCH', `${maps}/w2`, '{"metadata":{"finalizers":null}}', { 'content-type': mergePatch })
  })
})

describe('keys of prototypes', () => {
  const evil = '"__proto__":"1","constructor":"2","toString":"3","hasOwnProperty":"4"'
  it('are ordinary keys of data and annotations, through every kind of write', async () => {
    const path = `${maps}/proto`
    const made = await k.ask('POST', maps, `{"metadata":{"name":"proto","annotations":{"constructor":"c"}},"data":{${evil}}}`, {
      'content-type': json,
    })
    assert.equal(made.code, 201)
    for (const [type, body] of [
      [mergePatch, '{"data":{"__proto__":"5"}}'],
      ['application/strategic-merge-patch+json', '{"data":{"__proto__":"5"}}'],
      [jsonPatch, '[{"op":"replace","path":"/data/__proto__","value":"5"}]'],
    ]) {
      const { code, text } = await k.ask('PATCH', path, body, { 'content-type': type! })
      assert.equal(code, 200, text)
      assert.match(
        text,
        /"data":\{"__proto__":"5","constructor":"2","hasOwnProperty":"4","toString":"3"\}|"data":\{"__proto__":"5","constructor":"2","toString":"3","hasOwnProperty":"4"\}/,
      )
    }
    const applied = await k.ask(
      'PATCH',
      `${path}?fieldManager=m&force=true`,
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto"},"data":{"__proto__":"6"}}',
      { 'content-type': apply },
    )
    assert.match(applied.text, /"f:__proto__":\{\}/)
    assert.match((await k.ask('GET', path)).text, /"__proto__":"6"/)
  })
  it('are refused as labels, and change no prototype', async () => {
    const { code } = await k.ask('POST', maps, `{"metadata":{"name":"l","labels":{${evil},"__proto__":{"polluted":1}}}}`, {
      'content-type': json,
    })
    assert.equal(code, 400)
    const patched = await k.ask('PATCH', `${maps}/w`, '{"__proto__":{"polluted":1},"metadata":{"__proto__":{"polluted":2}}}', {
      'content-type': mergePatch,
    })
    assert.equal(patched.code, 200)
    const patch = '[{"op":"add","path":"/constructor/prototype/polluted","value":1}]'
    assert.equal((await k.ask('PATCH', `${maps}/w`, patch, { 'content-type': jsonPatch })).code, 422)
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  })
  it('in managedFields are kept or dropped, never followed', async () => {
    const body =
      '{"metadata":{"name":"mf","managedFields":[{"manager":"__proto__","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:__proto__":{},"__proto__":{}}}}]},"data":{"__proto__":"x"}}'
    assert.equal((await k.ask('POST', maps, body, { 'content-type': json })).code, 201)
    assert.equal((await k.ask('PATCH', `${maps}/mf`, '{"data":{"__proto__":"y"}}', { 'content-type': mergePatch })).code, 200)
  })
})

describe('numbers', () => {
  const pod = (field: string) =>
    `{"metadata":{"name":"num"},"spec":{"containers":[{"name":"c","image":"x","resources":{"limits":{"cpu":${field.startsWith('"') ? field : '"1"'}}}}]${field.startsWith('"') ? '' : `,"securityContext":{"fsGroup":${field}}`}}}`
  for (const [field, want, text] of [
    ['9223372036854775807', 422, /9223372036854775807/],
    ['9223372036854775808', 400, /of type int64/],
    ['1e400', 400, /cannot unmarshal number/],
    ['1.5', 400, /of type int64/],
    ['"1e1000000000"', 400, /unable to parse quantity/],
    [`"${'9'.repeat(100_000)}"`, 400, /unable to parse/],
    [`"${'+'.repeat(100_000)}"`, 400, /quantities must match/],
    ['"1e-999999999"', 400, /unable to parse quantity/],
  ] as const) {
    it(`${field.slice(0, 30)}: ${want}`, async () => {
      const heard = await calmly(() => k.ask('POST', `${pods}?dryRun=All`, pod(field), { 'content-type': json }))
      assert.equal(heard.code, want, heard.text)
      assert.match(heard.text, text)
    })
  }
})
