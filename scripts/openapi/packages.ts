// Finds the Go packages of the Kubernetes API: in a folder with unpacked Debian packages, in .deb files, or from the package archive.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type GoPackage, readGoPackage } from './go-source.ts'

const debianPackages = [
  'golang-k8s-api-dev',
  'golang-k8s-apimachinery-dev',
  'golang-k8s-apiextensions-apiserver-dev',
  'golang-k8s-metrics-dev',
]
const fixedPaths = [
  'k8s.io/apimachinery/pkg/apis/meta/v1',
  'k8s.io/apimachinery/pkg/runtime',
  'k8s.io/apimachinery/pkg/types',
  'k8s.io/apimachinery/pkg/version',
  'k8s.io/apimachinery/pkg/api/resource',
  'k8s.io/apimachinery/pkg/util/intstr',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1',
  'k8s.io/metrics/pkg/apis/metrics/v1beta1',
]

/** Where to look: a folder of unpacked packages, a folder of .deb files, or neither (`apt-get download`). */
export interface PackageSource {
  unpacked?: string
  debs?: string
}

/** Reads every API package; import path → package. */
export function readPackages(source: PackageSource): Map<string, GoPackage> {
  const root = join(source.unpacked ?? unpack(source.debs ?? download()), 'usr/share/gocode/src')
  const api = join(root, 'k8s.io/api')
  const groupPaths = readdirSync(api, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'testdata')
    .flatMap((group) => readdirSync(join(api, group.name)).map((version) => `k8s.io/api/${group.name}/${version}`))
    .filter((path) => existsSync(join(root, path, 'register.go')))
  return new Map([...groupPaths, ...fixedPaths].map((path) => [path, readGoPackage(join(root, path), path)]))
}

function download(): string {
  const folder = mkdtempSync(join(tmpdir(), 'k8ts-debs-'))
  execFileSync('apt-get', ['download', ...debianPackages], { cwd: folder, stdio: 'inherit' })
  return folder
}

function unpack(folder: string): string {
  const root = mkdtempSync(join(tmpdir(), 'k8ts-go-'))
  for (const name of debianPackages) {
    const deb = readdirSync(folder).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'))
    if (deb === undefined) throw new Error(`${folder} holds no ${name}_*.deb`)
    execFileSync('dpkg', ['-x', join(folder, deb), root])
  }
  return root
}
