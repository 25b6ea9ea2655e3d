import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Certificates as a city makes them: by the real openssl, EC P-256. */
export interface TestAuthority {
  dir: string
  /** Its certificate file. */
  file: string
  issue(name: string, options?: IssueOptions): TestCertificate
}

export interface TestCertificate {
  certFile: string
  keyFile: string
  cert: Buffer
  key: Buffer
}

export interface IssueOptions {
  /** Common name; the name of the files when absent. */
  commonName?: string
  /** As openssl.cnf writes it: `DNS:a,URI:b`. */
  otherNames?: string
  /** From now. */
  fromDays?: number
  toDays?: number
}

const dayMs = 86_400_000

function openssl(dir: string, args: string[]): void {
  execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
}

export interface AuthorityOptions {
  dir: string
  commonName?: string
  days?: number
}

export function authorityIn({ dir, commonName = 'Test authority', days = 10 }: AuthorityOptions): TestAuthority {
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(dir, [
    ...['req', '-x509', ...newKey, '-days', String(days), '-subj', `/CN=${commonName}`],
    ...['-keyout', 'ca-key.pem', '-out', 'ca.pem'],
  ])
  writeFileSync(join(dir, 'index.txt'), '')
  let issued = 0
  return {
    dir,
    file: join(dir, 'ca.pem'),
    issue(name, options = {}) {
      const { commonName: cn = name, otherNames, fromDays = -0.01, toDays = 5 } = options
      issued += 1
      const base = `${name.replaceAll(/[^a-z0-9-]/gi, '_')}-${issued}`
      openssl(dir, ['req', ...newKey, '-subj', `/CN=${cn}`, '-keyout', `${base}-key.pem`, '-out', `${base}.csr`])
      writeFileSync(join(dir, `${base}.cnf`), caConfig(otherNames))
      openssl(dir, [
        ...['ca', '-batch', '-notext', '-config', `${base}.cnf`, '-in', `${base}.csr`, '-out', `${base}.pem`],
        ...['-startdate', opensslDate(fromDays), '-enddate', opensslDate(toDays)],
      ])
      const [certFile, keyFile] = [join(dir, `${base}.pem`), join(dir, `${base}-key.pem`)]
      return { certFile, keyFile, cert: readFileSync(certFile), key: readFileSync(keyFile) }
    },
  }
}

/** For a server on this machine. */
export const localhost = { commonName: 'localhost', otherNames: 'DNS:localhost,IP:127.0.0.1' } as const

function caConfig(otherNames: string | undefined): string {
  return `[ca]
default_ca = one
[one]
database = index.txt
new_certs_dir = .
certificate = ca.pem
private_key = ca-key.pem
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
${otherNames === undefined ? '' : 'x509_extensions = names'}
[any]
commonName = supplied
[names]
${otherNames === undefined ? '' : `subjectAltName = ${otherNames}`}
`
}

/** `20261124081500Z` */
function opensslDate(days: number): string {
  return `${new Date(Date.now() + days * dayMs).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`
}
