// PEM in and out (RFC 7468): blocks of base64 between BEGIN and END lines.

export interface PemBlock {
  /** e.g. CERTIFICATE, CERTIFICATE REQUEST, EC PRIVATE KEY. */
  label: string
  der: Buffer
}

/** One PEM block, ending in a newline. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** Every block of a text, in order; text around them is ignored. */
export function decodePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  let offset = 0
  while (true) {
    const begin = text.indexOf('-----BEGIN ', offset)
    if (begin < 0) return blocks
    const lineEnd = text.indexOf('-----', begin + 11)
    if (lineEnd < 0) return blocks
    const label = text.slice(begin + 11, lineEnd)
    const endLine = `-----END ${label}-----`
    const end = text.indexOf(endLine, lineEnd)
    if (end < 0) return blocks
    // Header lines ("Proc-Type: …") never occur in what we read; base64 decoding skips line ends.
    blocks.push({ label, der: Buffer.from(text.slice(lineEnd + 5, end), 'base64') })
    offset = end + endLine.length
  }
}
