// Who makes a request, as authenticators say it and as admission, audit and authorization use it.

export interface User {
  name: string
  uid?: string
  groups: readonly string[]
  extra?: Readonly<Record<string, readonly string[]>>
}

/** What an authenticator may look at. */
export interface Credentials {
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** Names and values as they came, alternating: headers that came several times are told apart here. */
  rawHeaders?: readonly string[]
  /** Subject of a client certificate that the TLS layer verified against --client-ca-file. */
  certificate?: {
    commonName: string
    organizations: readonly string[]
    /** SHA-256 of the certificate, hexadecimal; becomes the user's credential-id. */
    fingerprint256?: string
  }
  /** Subject of a client certificate that was verified against --requestheader-client-ca-file: a proxy's. */
  proxyCertificate?: { commonName: string }
}

/** undefined: not mine, ask the next. Throws Unauthorized for credentials that are mine and wrong. */
export type Authenticator = (credentials: Credentials) => User | undefined | Promise<User | undefined>
