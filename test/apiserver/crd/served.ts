// A server with discovery, OpenAPI and scale, and one or more definitions established.
import { builtinKinds } from '../../../src/api/index.ts'
import { discoveryRoutes } from '../../../src/apiserver/discovery/index.ts'
import { openApiRoutes } from '../../../src/apiserver/openapi/routes.ts'
import { scale } from '../../../src/apiserver/subresources/scale.ts'
import { type Harness, start } from '../core/harness.ts'

export const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

/** Applies the definitions and waits until each is established. */
export async function serving(...definitions: object[]): Promise<Harness> {
  const harness = await start({}, { routes: [...discoveryRoutes(), ...openApiRoutes(new Set(builtinKinds))], subresources: [scale] })
  for (const definition of definitions) {
    const made = await harness.call('POST', crds, definition)
    if (made.code !== 201) throw new Error(made.text)
    await until(harness, `${crds}/${made.body.metadata.name}`, (body) => conditionOf(body, 'Established')?.status === 'True')
  }
  return harness
}

interface Condition {
  type: string
  status: string
  reason: string
  message: string
}

export function conditionOf(body: { status?: { conditions?: Condition[] } }, type: string): Condition | undefined {
  return body.status?.conditions?.find((condition) => condition.type === type)
}

/** Asks until the answer fits; gives up after a second. */
// biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into
export async function until(harness: Harness, url: string, fits: (body: any) => boolean): Promise<any> {
  let last: unknown
  for (let i = 0; i < 1000; i++) {
    const { body } = await harness.call('GET', url)
    if (fits(body)) return body
    last = body
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error(`never fits: ${JSON.stringify(last)}`)
}
