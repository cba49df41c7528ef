// Flags that `k8ts up` hands on: names that two components share mean the same to both, and texts survive being handed on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiserverFlags } from '../../src/cli/commands/apiserver-flags.ts'
import { controllerManagerFlags } from '../../src/cli/commands/controller-manager-flags.ts'
import { handedOn } from '../../src/cli/commands/handed-on.ts'
import { parseFlags } from '../../src/cli/flags.ts'

test('a flag of both components is one that up sets for both, or the address that it hands to the API server alone', () => {
  const shared = Object.keys(apiserverFlags).filter((name) => Object.hasOwn(controllerManagerFlags, name))
  assert.deepEqual(shared.sort(), ['bind-address', 'secure-port', 'service-cluster-ip-range'])
})

test('what was given arrives as it was meant', () => {
  const argv = [
    '--horizontal-pod-autoscaler-sync-period=1m30s',
    '--horizontal-pod-autoscaler-tolerance=0.25',
    '--controllers=*,-job',
    '--master=https://elsewhere',
    '--node-cidr-mask-size=25',
  ]
  const { values, given } = parseFlags(controllerManagerFlags, argv)
  const words = handedOn(controllerManagerFlags, values, given, ['master'])
  assert.deepEqual(words, [
    '--controllers=*,-job',
    '--horizontal-pod-autoscaler-sync-period=90000ms',
    '--horizontal-pod-autoscaler-tolerance=0.25',
    '--node-cidr-mask-size=25',
  ])
  const again = parseFlags(controllerManagerFlags, words)
  assert.deepEqual({ ...again.values, master: '' }, { ...values, master: '' })
})

test('a tolerance is a number', () => {
  const parse = (text: string) => () => parseFlags(controllerManagerFlags, [`--horizontal-pod-autoscaler-tolerance=${text}`])
  assert.throws(parse('much'), /invalid argument "much" for "--horizontal-pod-autoscaler-tolerance" flag: strconv\.ParseFloat/)
  assert.throws(parse('-0.1'), /must be at least 0/)
  assert.equal(parse('1e-1')().values['horizontal-pod-autoscaler-tolerance'], 0.1)
})
