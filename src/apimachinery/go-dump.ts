// The text that upstream hashes for pod-template-hash: a Go struct as go-spew prints it with `%#v` (types, all fields, nil pointers),
// driven by the schema, whose fields stand in the order of the Go structs.
import { isObject } from './json.ts'
import { parseQuantity, QuantityError } from './quantity.ts'
import type { Schema } from './schema/schema.ts'
import { type Shape, shapeOf } from './schema/walk.ts'

/** Go names that are not the JSON name with a capital: by JSON name, or by `Type.name` where types differ. */
const goNames: Readonly<Record<string, string>> = {
  metadata: 'ObjectMeta',
  uid: 'UID',
  apiVersion: 'APIVersion',
  apiGroup: 'APIGroup',
  dnsPolicy: 'DNSPolicy',
  dnsConfig: 'DNSConfig',
  os: 'OS',
  ip: 'IP',
  tty: 'TTY',
  seLinuxOptions: 'SELinuxOptions',
  seLinuxChangePolicy: 'SELinuxChangePolicy',
  fsGroup: 'FSGroup',
  fsGroupChangePolicy: 'FSGroupChangePolicy',
  gmsaCredentialSpecName: 'GMSACredentialSpecName',
  gmsaCredentialSpec: 'GMSACredentialSpec',
  httpGet: 'HTTPGet',
  httpHeaders: 'HTTPHeaders',
  tcpSocket: 'TCPSocket',
  grpc: 'GRPC',
  gcePersistentDisk: 'GCEPersistentDisk',
  awsElasticBlockStore: 'AWSElasticBlockStore',
  nfs: 'NFS',
  iscsi: 'ISCSI',
  rbd: 'RBD',
  cephfs: 'CephFS',
  fc: 'FC',
  storageos: 'StorageOS',
  csi: 'CSI',
  fsType: 'FSType',
  sslEnabled: 'SSLEnabled',
  diskURI: 'DataDiskURI',
  wwids: 'WWIDs',
  iqn: 'IQN',
  iscsiInterface: 'ISCSIInterface',
  chapAuthDiscovery: 'DiscoveryCHAPAuth',
  chapAuthSession: 'SessionCHAPAuth',
  pdName: 'PDName',
  'PodSpec.serviceAccount': 'DeprecatedServiceAccount',
  'RBDVolumeSource.monitors': 'CephMonitors',
  'RBDVolumeSource.image': 'RBDImage',
  'RBDVolumeSource.pool': 'RBDPool',
  'RBDVolumeSource.user': 'RadosUser',
  'GlusterfsVolumeSource.endpoints': 'EndpointsName',
}

/** Types that embed another struct, whose fields stand flat in JSON. */
const embedded: Readonly<Record<string, string>> = {
  EphemeralContainer: 'EphemeralContainerCommon',
  Probe: 'ProbeHandler',
  Volume: 'VolumeSource',
}
const otherEmbedded = 'LocalObjectReference'

/** The dump of a struct value, with its type in front. */
export function goDump(value: unknown, schema: Schema): string {
  return `(${schema.goType})${dumpStruct(isObject(value) ? value : {}, schema)}`
}

function dumpStruct(value: Record<string, unknown>, schema: Schema): string {
  const type = schema.typeName?.split('.').at(-1) ?? ''
  const own: string[] = []
  const inner: string[] = []
  let place = -1
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const text = `${goNames[`${type}.${name}`] ?? goNames[name] ?? name[0]?.toUpperCase() + name.slice(1)}:${dumpField(value[name], field)}`
    if (field.proto?.via === undefined) own.push(text)
    else {
      if (place < 0) place = own.length
      inner.push(text)
    }
  }
  const name = embedded[type] ?? otherEmbedded
  if (place >= 0) own.splice(place, 0, `${name}:(v1.${name}){${inner.join(' ')}}`)
  return `{${own.join(' ')}}`
}

function dumpField(value: unknown, schema: Schema): string {
  const shape = shapeOf(schema)
  const nil = value === undefined || value === null
  if (schema.pointer === true) return `(*${schema.goType})${nil ? '<nil>' : dumpValue(value, shape, schema)}`
  return `(${schema.goType})${dumpValue(value, shape, schema)}`
}

function dumpValue(value: unknown, shape: Shape, schema: Schema): string {
  switch (shape) {
    case 'struct':
      return dumpStruct(isObject(value) ? value : {}, schema)
    case 'list':
      return dumpList(Array.isArray(value) ? value : [], schema.items ?? {})
    case 'map':
      return dumpMap(isObject(value) ? value : {}, schema.additionalProperties === true ? {} : (schema.additionalProperties ?? {}))
    case 'quantity':
      return dumpQuantity(typeof value === 'string' ? value : '')
    case 'int-or-string':
      return dumpIntOrString(value)
    case 'time':
      return '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}'
    case 'bool':
      return String(value === true)
    case 'int32':
    case 'int64':
    case 'float':
      return String(value ?? 0)
    default:
      return typeof value === 'string' ? value : ''
  }
}

/** Empty lists and maps are nil: they have passed through protobuf. */
function dumpList(list: unknown[], items: Schema): string {
  if (list.length === 0) return '<nil>'
  const shape = shapeOf(items)
  return `[${list.map((item) => dumpValue(item, shape, items)).join(' ')}]`
}

function dumpMap(map: Record<string, unknown>, values: Schema): string {
  const keys = Object.keys(map).sort()
  if (keys.length === 0) return '<nil>'
  const shape = shapeOf(values)
  return `map[${keys.map((key) => `${key}:${dumpValue(map[key], shape, values)}`).join(' ')}]`
}

function dumpIntOrString(value: unknown): string {
  const isText = typeof value === 'string'
  return `{Type:(intstr.Type)${isText ? 1 : 0} IntVal:(int32)${isText ? 0 : (value ?? 0)} StrVal:(string)${isText ? value : ''}}`
}

/** The fields of resource.Quantity right after parsing: value and scale as written, the text only where it was taken for canonical. */
function dumpQuantity(text: string): string {
  if (text === '')
    return '{i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string) Format:(resource.Format)}'
  let format = 'DecimalSI'
  let kept: string | undefined
  try {
    const quantity = parseQuantity(text)
    format = quantity.format
    kept = text === '0' ? text : quantity.text
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error
  }
  const { value, scale } = writtenAmount(text)
  const amount = `{value:(int64)${value} scale:(resource.Scale)${scale}}`
  return `{i:(resource.int64Amount)${amount} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${kept ?? ''} Format:(resource.Format)${format}}`
}

const scales: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const shifts: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }

function writtenAmount(text: string): { value: bigint; scale: number } {
  const [, sign = '', whole = '', fraction = '', suffix = ''] = /^([+-]?)(\d*)\.?(\d*)(.*)$/.exec(text) ?? []
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction || ''}` || '0')
  const shift = shifts[suffix]
  if (shift !== undefined) return { value: digits << BigInt(shift), scale: 0 }
  const exponent = scales[suffix] ?? (Number(/^[eE]([-+]?\d+)$/.exec(suffix)?.[1] ?? 0) || 0)
  return { value: digits, scale: exponent - fraction.length }
}
