// The whole server exactly as the program puts it together (run.ts), in memory, asked through inject.
import { pino } from 'pino'
import { bootstrap } from '../../../src/apiserver/bootstrap.ts'
import type { ApiServer } from '../../../src/apiserver/component.ts'
import type { RunOptions } from '../../../src/apiserver/run.ts'
import { openApiServer } from '../../../src/apiserver/run.ts'
import { generateKeyPair, privateKeyPem } from '../../../src/pki/keys.ts'
import { openEmbedded } from '../../../src/storage/embedded/embedded.ts'
import { ManualClock, type Reply, seeded } from '../core/harness.ts'

export interface ProgramServer {
  server: ApiServer
  clock: ManualClock
  /** As an administrator, unless the headers say otherwise. A header may have several values. */
  call: (method: string, url: string, body?: unknown, headers?: Record<string, string | string[]>) => Promise<Reply>
  close: () => Promise<void>
}

const serviceAccountSigningKey = privateKeyPem(generateKeyPair().privateKey)
const tokenFileText = 'admin-token,admin,1,"system:masters"\nalice-token,alice,2,"devs"\nnode-token,system:node:n1,3,"system:nodes"\n'

export async function startProgram(options: Partial<RunOptions> = {}): Promise<ProgramServer> {
  const storage = await openEmbedded({ path: undefined })
  const clock = new ManualClock()
  const log = pino({ level: 'silent' })
  const server = await openApiServer({
    storage,
    clock,
    random: seeded(5),
    log,
    tokenFileText,
    serviceAccountSigningKey,
    advertiseAddress: '192.168.7.1',
    serviceClusterIpRange: ['10.96.0.0/16'],
    ...options,
  })
  await bootstrap(server.context)
  return {
    server,
    clock,
    call: async (method, url, body, headers = {}) => {
      const raw = typeof body === 'string' || Buffer.isBuffer(body)
      const type = body === undefined || headers['content-type'] !== undefined ? {} : { 'content-type': 'application/json' }
      const reply = await server.fastify.inject({
        method: method as 'GET',
        url,
        headers: { authorization: 'Bearer admin-token', ...type, ...headers },
        ...(body === undefined ? {} : { payload: raw ? body : JSON.stringify(body) }),
      })
      const json = String(reply.headers['content-type']).includes('json')
      let parsed: unknown
      try {
        parsed = json ? JSON.parse(reply.body) : undefined
      } catch {
        parsed = undefined
      }
      return { code: reply.statusCode, headers: reply.headers, text: reply.body, body: parsed }
    },
    close: async () => {
      await server.close()
      await storage.close()
    },
  }
}
