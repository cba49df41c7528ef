// All functions and methods that a rule may call. Which exist: k8s.io/apiserver/pkg/cel/environment (compatibility version 1.35).
import { authorizerMethods } from './authorizer.ts'
import { conversions, optionalMethods } from './conversions.ts'
import { listFunctions, listMethods } from './lists.ts'
import { networkFunctions, networkMethods } from './network.ts'
import { quantityFunctions, quantityMethods } from './quantities.ts'
import type { CelFunction, Library } from './registry.ts'
import { shared } from './shared.ts'
import { stringFunctions, stringMethods } from './strings.ts'
import { timeMethods } from './times.ts'

function merged(...libraries: readonly Library[]): ReadonlyMap<string, CelFunction> {
  return new Map(libraries.flatMap((library) => Object.entries(library)))
}

/** Called alone, some with a dot in their name (`sets.contains`). */
export const functions = merged(conversions, stringFunctions, listFunctions, networkFunctions, quantityFunctions, shared.functions)

/** Called on a value, which is their first argument. */
export const methods = merged(
  authorizerMethods,
  stringMethods,
  listMethods,
  timeMethods,
  optionalMethods,
  networkMethods,
  quantityMethods,
  shared.methods,
)
