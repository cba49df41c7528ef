// The signature of cluster-info, against the example of upstream's own tests, and what a joining client checks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detachedSignature } from '../../../controllers/bootstrap-signer.ts'

test('a detached signature as upstream makes it', () => {
  const content = 'Hello from the other side. I must have called a thousand times.'
  const want = 'eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8'
  assert.equal(detachedSignature(content, 'joshua', 'my voice is my passcode'), want)
  assert.notEqual(detachedSignature(`${content} `, 'joshua', 'my voice is my passcode'), want)
})
