// The topics of aggregation/: the API server of another group stands behind the cluster's, which it knows by the cluster's front proxy CA.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { caBundle, startExtension } from '../apiserver/aggregation/extension-server.ts'
import { transcripts } from './suite.ts'

transcripts('test/kubectl/aggregation', { nodes: 1 }, async ({ directory }) => {
  const proxyCa = readFileSync(join(directory, 'pki', 'front-proxy-ca.crt'), 'utf8')
  const names = ['35', '120'].map((version) => `wardle.aggregation-${version}.svc`)
  const extension = await startExtension([...names, 'wardle.aggregation-135.svc'], proxyCa)
  return { env: { EXTENSION_PORT: String(extension.port), EXTENSION_CA: caBundle }, stop: extension.close }
})
