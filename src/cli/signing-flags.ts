// The controller-manager's flags for signing certificates: one authority for all signers of the cluster, or one each.

import type { SignerFiles } from './certificate-signer.ts'
import { durationFlag, type FlagValues, stringFlag, UsageError } from './flags.ts'

/** Words of the flags by signer name. */
const signerWords = {
  'kubernetes.io/kubelet-serving': 'kubelet-serving',
  'kubernetes.io/kube-apiserver-client-kubelet': 'kubelet-client',
  'kubernetes.io/kube-apiserver-client': 'kube-apiserver-client',
  'kubernetes.io/legacy-unknown': 'legacy-unknown',
} as const

export const signingFlags = {
  'cluster-signing-cert-file': stringFlag('PEM certificate of the authority of all signers; not with the flags of single signers'),
  'cluster-signing-duration': durationFlag('The longest life of a signed certificate', 365 * 86_400_000),
  'cluster-signing-key-file': stringFlag('PEM private key of the authority of all signers'),
  'cluster-signing-kube-apiserver-client-cert-file': stringFlag('PEM certificate of the authority of kubernetes.io/kube-apiserver-client'),
  'cluster-signing-kube-apiserver-client-key-file': stringFlag('PEM private key of the authority of kubernetes.io/kube-apiserver-client'),
  'cluster-signing-kubelet-client-cert-file': stringFlag('PEM certificate of the authority of kubernetes.io/kube-apiserver-client-kubelet'),
  'cluster-signing-kubelet-client-key-file': stringFlag('PEM private key of the authority of kubernetes.io/kube-apiserver-client-kubelet'),
  'cluster-signing-kubelet-serving-cert-file': stringFlag('PEM certificate of the authority of kubernetes.io/kubelet-serving'),
  'cluster-signing-kubelet-serving-key-file': stringFlag('PEM private key of the authority of kubernetes.io/kubelet-serving'),
  'cluster-signing-legacy-unknown-cert-file': stringFlag('PEM certificate of the authority of kubernetes.io/legacy-unknown'),
  'cluster-signing-legacy-unknown-key-file': stringFlag('PEM private key of the authority of kubernetes.io/legacy-unknown'),
}

/** Files by signer name; a signer without both files signs nothing. Throws a UsageError when flags exclude each other. */
export function signerFiles(values: FlagValues<typeof signingFlags>): SignerFiles {
  const all = { cert: values['cluster-signing-cert-file'], key: values['cluster-signing-key-file'] }
  const single = Object.entries(signerWords).map(
    ([name, word]) =>
      [name, { cert: values[`cluster-signing-${word}-cert-file`], key: values[`cluster-signing-${word}-key-file`] }] as const,
  )
  for (const [name, { cert, key }] of single) {
    if (cert === '' && key === '') continue
    if (all.cert !== '' || all.key !== '')
      throw new UsageError('cannot specify --cluster-signing-{cert,key}-file and other --cluster-signing-*-file flags at the same time')
    if (cert === '' || key === '') throw new UsageError(`the signer ${name} needs both its certificate file and its key file`)
  }
  const chosen = single.map(([name, pair]) => [name, pair.cert === '' ? all : pair] as const)
  return Object.fromEntries(chosen.filter(([, { cert, key }]) => cert !== '' && key !== ''))
}
