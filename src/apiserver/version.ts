// What /version says: which Kubernetes this is. The shape is upstream's; the Go fields tell of the Node process.
import type { Info } from '../../openapi/types/version/info.ts'
import type { Route } from './context.ts'

/** The release of Kubernetes whose behaviour is served. */
export const kubernetesVersion = '1.36.4'

/** The answer of GET /version. `buildDate` is RFC 3339. */
export function versionInfo(build: { commit?: string; date?: string } = {}): Info {
  const [major = '1', minor = '36'] = kubernetesVersion.split('.')
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: `v${kubernetesVersion}+k8ts`,
    gitCommit: build.commit ?? 'unknown',
    gitTreeState: 'clean',
    buildDate: build.date ?? '1970-01-01T00:00:00Z',
    goVersion: `node${process.versions.node}`,
    compiler: 'v8',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  }
}

/** GET /version. */
export function versionRoute(build?: { commit?: string; date?: string }): Route {
  const body = `${JSON.stringify(versionInfo(build), null, 2)}`
  return { path: /^\/version\/?$/, handle: () => ({ type: 'raw', contentType: 'application/json', body }) }
}

/** This server's version. */
export const serverVersion: Info = versionInfo()
