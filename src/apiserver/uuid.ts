// Random UUIDs (version 4) from the injected source of randomness: object uids and audit ids.
import type { Random } from '../apimachinery/clock.ts'

/** "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx". */
export function uuid(random: Random): string {
  const hex = word(random) + word(random) + word(random) + word(random)
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) & 3]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function word(random: Random): string {
  return Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0')
}
