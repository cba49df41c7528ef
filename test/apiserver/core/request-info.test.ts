// What method and URL say about a request; any URL says something, none throws.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { requestInfo, splitUrl } from '../../../src/apiserver/request-info.ts'

function infoOf(method: string, url: string) {
  const { path, query } = splitUrl(url)!
  const { verb, group, version, namespace, resource, subresource, name, isResourceRequest } = requestInfo(method, path, query)
  return isResourceRequest ? [verb, `${group}/${version}`, namespace, resource, name, subresource].join(' ').trim() : `${verb} ${path}`
}

describe('request info', () => {
  for (const [method, url, want] of [
    ['GET', '/api/v1/namespaces', 'list /v1  namespaces'],
    ['GET', '/api/v1/namespaces/x', 'get /v1 x namespaces x'],
    ['PUT', '/api/v1/namespaces/x/finalize', 'update /v1 x namespaces x finalize'],
    ['GET', '/api/v1/namespaces/x/status', 'get /v1 x namespaces x status'],
    ['GET', '/api/v1/namespaces/x/pods', 'list /v1 x pods'],
    ['GET', '/api/v1/pods', 'list /v1  pods'],
    ['GET', '/api/v1/pods?watch=true', 'watch /v1  pods'],
    ['GET', '/api/v1/pods?watch=false', 'list /v1  pods'],
    ['GET', '/api/v1/pods?watch=', 'watch /v1  pods'],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dx', 'list /v1  pods x'],
    ['HEAD', '/api/v1/namespaces/x/pods/p', 'get /v1 x pods p'],
    ['POST', '/api/v1/namespaces/x/pods/p/binding', 'create /v1 x pods p binding'],
    ['GET', '/api/v1/namespaces/x/pods/p/proxy/a/b', 'get /v1 x pods p proxy'],
    ['PATCH', '/apis/apps/v1/namespaces/x/deployments/d/scale', 'patch apps/v1 x deployments d scale'],
    ['DELETE', '/apis/apps/v1/namespaces/x/deployments', 'deletecollection apps/v1 x deployments'],
    ['DELETE', '/apis/apps/v1/namespaces/x/deployments/d', 'delete apps/v1 x deployments d'],
    ['GET', '/api/v1/watch/namespaces/x/pods/p', 'watch /v1 x pods p'],
    ['GET', '/api/v1/watch/pods', 'watch /v1  pods'],
    ['OPTIONS', '/api/v1/pods', '/v1  pods'],
    ['GET', '/api', 'get /api'],
    ['GET', '/api/v1', 'get /api/v1'],
    ['GET', '/apis/apps', 'get /apis/apps'],
    ['GET', '/apis/apps/v1', 'get /apis/apps/v1'],
    ['GET', '/healthz', 'get /healthz'],
  ] as const) {
    test(`${method} ${url}`, () => assert.equal(infoOf(method, url), want))
  }

  test('a path that is no percent-encoding is told apart', () => assert.equal(splitUrl('/api/%zz'), undefined))

  test('no URL throws', () => {
    const word = fc.oneof(
      fc.constantFrom('api', 'apis', 'v1', 'watch', 'proxy', 'namespaces', 'pods', '', '..', '%2f', '?watch'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST', 'DELETE', 'X', '__proto__'), fc.array(word, { maxLength: 8 }), (method, words) => {
        const url = splitUrl(`/${words.join('/')}`)
        if (url !== undefined) assert.equal(typeof requestInfo(method, url.path, url.query).verb, 'string')
      }),
      { numRuns: 300 },
    )
  })
})
