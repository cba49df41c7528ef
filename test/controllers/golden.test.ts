// Every <case>.given.yaml under this folder has a <case>.plan.yaml. UPDATE=1 rewrites the plans; read the difference before committing it.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { controllerNamed, planOf } from './golden.ts'

const cases = globSync(join(import.meta.dirname, '*/*.given.yaml')).sort()

test('there are cases', () => assert.ok(cases.length > 50, `${cases.length} cases`))

for (const given of cases) {
  const controller = basename(dirname(given))
  test(`${controller}: ${basename(given, '.given.yaml').replaceAll('-', ' ')}`, async () => {
    const golden = given.replace('.given.yaml', '.plan.yaml')
    const plan = await planOf(controllerNamed(controller), readFileSync(given, 'utf8'))
    if (process.env['UPDATE']) writeFileSync(golden, plan)
    assert.equal(plan, existsSync(golden) ? readFileSync(golden, 'utf8') : '(no golden file)')
  })
}

test('no plan is left over', () => {
  const plans = globSync(join(import.meta.dirname, '*/*.plan.yaml'))
  assert.deepEqual(
    plans.filter((file) => !existsSync(file.replace('.plan.yaml', '.given.yaml'))),
    [],
  )
})
