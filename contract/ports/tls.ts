/** What a TLS server is made of, as PEM. */
export interface TlsMaterial {
  cert: string
  key: string
  /** Authorities of client certificates. */
  ca: string | undefined
}

/** Why TLS files cannot be used. */
export interface TlsFault {
  /** For everybody: names no file. */
  kind: 'a file cannot be read' | 'a file holds no usable certificate' | 'they do not belong together' | 'not valid now'
  /** For whoever runs the system: which file, and what is wrong with it. */
  detail: string
}

export interface TlsStatus {
  /** First end of a certificate in the server's chain, ms since 1970. */
  notAfterMs: number
  /** First end of an authority of client certificates. */
  caNotAfterMs: number | null
  /** Why newer files are not used; those from before are. */
  fault: TlsFault | null
}

/** TLS files that may be replaced while a server uses them. */
export interface TlsSource {
  current(): TlsMaterial
  /** Calls back with each later set that can be used. Returns a way to stop. */
  watch(onChange: (material: TlsMaterial) => void): () => void
  status(): TlsStatus
}
