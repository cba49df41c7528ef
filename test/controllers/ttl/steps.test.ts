// Sizes of a cluster and what its nodes are told: up and down, each step holds a while.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerNamed } from '../golden.ts'

test('steps up and down overlap', async () => {
  const { reconcile } = controllerNamed('ttl')
  const memory = new Map<string, unknown>()
  const told = async (size: number) => {
    const node = { metadata: { name: 'n', uid: 'u' } }
    const nodes = { list: () => Array.from({ length: size }, () => node) }
    const context = { now: 0, random: () => 0, key: 'n', memory, options: {}, ports: {} }
    const [write] = (await reconcile(node, { nodes } as never, context)).steps.flat()
    const patch = write?.op === 'patch' ? (write.patch as { metadata: { annotations: Record<string, string> } }) : undefined
    return Number(patch?.metadata.annotations['node.alpha.kubernetes.io/ttl'])
  }
  const sizes = [1, 100, 101, 90, 89, 100, 501, 450, 449, 1001, 2001, 1800, 1799, 900, 5000, 1]
  const want = [0, 0, 15, 15, 0, 0, 30, 30, 15, 60, 300, 300, 60, 60, 300, 0]
  const got = []
  for (const size of sizes) got.push(await told(size))
  assert.deepEqual(got, want)
})
