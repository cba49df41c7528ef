// Amounts of resource usage as metrics-server writes them: cpu in billionths of a core, memory in bytes. Pure.
import { addQuantities, type Quantity, quantityText, zero } from '../../apimachinery/quantity.ts'

export { quantityText }

const billion = 1_000_000_000n

/** The usage map of one container or node. */
export function usageOf(cpuNanoCores: number, memoryBytes: number): { cpu: string; memory: string } {
  return {
    cpu: quantityText({ nano: BigInt(Math.round(cpuNanoCores)), format: 'DecimalSI' }),
    memory: quantityText({ nano: BigInt(Math.round(memoryBytes)) * billion, format: 'BinarySI' }),
  }
}

/** The sum; 0 of none. */
export function sumQuantities(texts: readonly string[]): Quantity {
  return texts.reduce<Quantity>((sum, text) => addQuantities(sum, text), zero)
}
