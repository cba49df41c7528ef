// Whole clusters in a storm, by seed: whatever fails, no rule is broken at any moment, and in the end everything is as the user wants it.
// In two test files, one for each core; SIM_SEEDS=1..1000 runs others. `npm run sim -- --seed N --trace` shows a run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate } from './simulate.ts'

const [first = 1, last = first] = (process.env['SIM_SEEDS'] ?? '1..150').split('..').map(Number)
const perTest = 10

/** Declares the tests of the odd or of the even tens of seeds. */
export function seedTests(half: 'odd' | 'even'): void {
  for (let from = first; from <= last; from += perTest) {
    const isOdd = ((from - first) / perTest) % 2 === 1
    if (isOdd !== (half === 'odd')) continue
    const to = Math.min(last, from + perTest - 1)
    test(`seeds ${from} to ${to}`, async () => {
      const bad: Record<string, readonly string[]> = {}
      for (let seed = from; seed <= to; seed++) {
        const { storm, faults } = await simulate({ seed })
        if (faults.length > 0) bad[`--seed ${seed} --storms ${storm}`] = faults
      }
      assert.deepEqual(bad, {})
    })
  }
}
