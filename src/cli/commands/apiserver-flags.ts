// The API server's flags: upstream's names. A flag that is not here is refused by name.
import { booleanFlag, choiceFlag, integerFlag, listFlag, stringFlag } from '../flags.ts'

export const apiserverFlags = {
  'advertise-address': stringFlag('Address at which members of the cluster reach this server (default: the bind address)'),
  'anonymous-auth': booleanFlag('Admit requests without credentials as system:anonymous'),
  'api-audiences': listFlag('Audiences of service account tokens (default: the issuer)'),
  'authorization-mode': choiceFlag(
    'Authorization: every authenticated user may do everything until RBAC arrives',
    ['AlwaysAllow'],
    'AlwaysAllow',
  ),
  'bind-address': stringFlag('Address to listen on', '0.0.0.0'),
  'client-ca-file': stringFlag('CA bundle: client certificates signed by it authenticate as CommonName, Organizations'),
  'data-dir': stringFlag('Directory of the embedded store', '/var/lib/k8ts'),
  'disable-admission-plugins': listFlag('Admission plugins to leave out'),
  'enable-admission-plugins': listFlag('Admission plugins beyond the default ones'),
  'insecure-http': booleanFlag('Serve plain HTTP instead of HTTPS (tokens still authenticate): for tests on loopback'),
  'legacy-apis': booleanFlag('Serve retired versions too (extensions/v1beta1 …)'),
  'min-request-timeout': integerFlag('Seconds: a watch lasts a random time of this up to twice this', 1800, { min: 1 }),
  'secure-port': integerFlag('Port to listen on; 0 takes any free one', 6443, { min: 0, max: 65_535 }),
  'service-account-issuer': stringFlag('Issuer of service account tokens', 'https://kubernetes.default.svc.cluster.local'),
  'service-account-key-file': listFlag('PEM files of keys that verify service account tokens'),
  'service-account-signing-key-file': stringFlag('PEM private key that signs service account tokens'),
  'service-cluster-ip-range': stringFlag('CIDR of service addresses; two, comma-separated, for dual stack', '10.96.0.0/16'),
  'service-node-port-range': stringFlag('Port range of NodePort services', '30000-32767'),
  'tls-cert-file': stringFlag('PEM certificate of the server, followed by its chain'),
  'tls-private-key-file': stringFlag('PEM private key of --tls-cert-file'),
  'token-auth-file': stringFlag('CSV of bearer tokens: token,user,uid,"group1,group2"'),
}
