// Reads single files out of a zip archive (store and deflate), so that tests can take real binaries out of npm layers.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

/** Contents of the entries whose base name is in `names`. Throws when the archive is broken. */
export function readZipEntries(archive: string, names: readonly string[]): Map<string, Buffer> {
  const file = openSync(archive, 'r')
  const at = (offset: number, length: number) => {
    const bytes = Buffer.alloc(length)
    readSync(file, bytes, 0, length, offset)
    return bytes
  }
  try {
    const size = fstatSync(file).size
    const tail = at(Math.max(0, size - 65_557), Math.min(size, 65_557))
    const end = tail.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'))
    if (end < 0) throw new Error(`${archive} is not a zip archive`)
    const directory = at(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12))
    const found = new Map<string, Buffer>()
    for (let p = 0; p + 46 <= directory.length && directory.readUInt32LE(p) === 0x02014b50; ) {
      const nameLength = directory.readUInt16LE(p + 28)
      const name = directory
        .toString('utf8', p + 46, p + 46 + nameLength)
        .split('/')
        .at(-1)!
      if (names.includes(name)) {
        const header = directory.readUInt32LE(p + 42)
        const local = at(header, 30)
        const start = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28)
        const packed = at(start, directory.readUInt32LE(p + 20))
        found.set(name, directory.readUInt16LE(p + 10) === 0 ? packed : inflateRawSync(packed))
      }
      p += 46 + nameLength + directory.readUInt16LE(p + 30) + directory.readUInt16LE(p + 32)
    }
    return found
  } finally {
    closeSync(file)
  }
}
