// Rules of paths inside volumes and containers: relative, and never upwards.
import type { KeyToPath } from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { invalidValue } from '../../../apimachinery/field-errors.ts'
import { requireText } from '../../shared/checks.ts'

/** No `..` between slashes. */
export function noBacksteps(target: string, path: Path): FieldError[] {
  return target.split('/').includes('..') ? [invalidValue(path, target, "must not contain '..'")] : []
}

/** Relative, without backsteps. */
export function localDescendingPath(target: string, path: Path): FieldError[] {
  const errors = target.startsWith('/') ? [invalidValue(path, target, 'must be a relative path')] : []
  return [...errors, ...noBacksteps(target, path)]
}

/** Relative, without backsteps, and not named `..something` (reserved for atomic updates of volumes). */
export function localNonReservedPath(target: string, path: Path): FieldError[] {
  const errors = localDescendingPath(target, path)
  if (target.startsWith('..') && !target.startsWith('../')) errors.push(invalidValue(path, target, "must not start with '..'"))
  return errors
}

/** File permissions: 0 to 0777. */
export function fileMode(mode: number | undefined, path: Path): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return []
  return [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
}

/** Which key becomes which file. */
export function validateKeyToPath({ key, path: file, mode }: KeyToPath, path: Path): FieldError[] {
  return [
    ...requireText(key, path.child('key')),
    ...requireText(file, path.child('path')),
    ...localNonReservedPath(file ?? '', path.child('path')),
    ...fileMode(mode, path.child('mode')),
  ]
}
