import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

interface LockedPackage {
  version: string
  hasInstallScript?: boolean
  optional?: boolean
}

// npm's own file, whose shape it fixes.
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, LockedPackage>
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** The first release without the named weakness; `npm audit` cannot be asked everywhere that we build. */
const floors: readonly (readonly [name: string, version: string, why: string])[] = [
  ['aedes', '1.2.0', 'GHSA-xxqp-5qx8-gj5q, GHSA-52qw-whmv-87c5, GHSA-5jvp-3p2v-5qgf, GHSA-p8r9-qf8w-p73r'],
  ['mqtt-packet', '9.0.2', 'throws on malformed packets (2016, 2021)'],
  ['socket.io', '4.8.4', 'CVE-2024-38355'],
  ['socket.io-parser', '4.2.7', 'CVE-2026-69185, CVE-2026-33151, CVE-2023-32695'],
  ['engine.io', '6.6.9', 'CVE-2023-31125, CVE-2022-41940'],
  ['ws', '8.21.0', 'CVE-2026-48779, CVE-2026-45736, CVE-2024-37890'],
  ['express', '5.3.0', 'CVE-2024-51999, and path-to-regexp 8'],
  ['path-to-regexp', '8.4.2', 'CVE-2024-45296, CVE-2026-4867'],
  ['cookie', '0.7.0', 'CVE-2024-47764'],
  ['body-parser', '2.2.1', 'CVE-2025-13466, CVE-2024-45590'],
  ['qs', '6.14.2', 'CVE-2026-2391, CVE-2025-15284, CVE-2022-24999'],
  ['zod', '4.0.0', 'CVE-2023-4316'],
  ['vite', '8.3.8', 'CVE-2025-30208 and its followers; the development server is never served from'],
]

/** Had weaknesses that we do not want to follow, or needs a compiler at the installation. */
const unwanted = ['multer', 'better-sqlite3', 'argon2', 'bcrypt', 'request']

describe('the lock file', () => {
  test.each(floors)('has %s at %s or newer in every copy: %s', (name, floor) => {
    const copies = Object.entries(packages).filter(([path]) => nameOf(path) === name)
    expect(copies.length).toBeGreaterThan(0)
    for (const [path, { version }] of copies) expect(isAtLeast(version, floor), `${path} ${version}`).toBe(true)
  })

  test.each(unwanted)('has no %s', (name) => {
    expect(Object.keys(packages).filter((path) => nameOf(path) === name)).toEqual([])
  })

  test('needs the install script of nothing but node', () => {
    const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript)
    const needed = scripted.filter(([, { optional }]) => !optional).map(([path]) => nameOf(path))
    expect(needed.filter((name) => name !== '')).toEqual(['node'])
  })

  test('has a checksum for each package, and none from a place of its own', () => {
    const wrong = Object.entries(packages as Record<string, { resolved?: string; integrity?: string }>)
      .filter(([path]) => path !== '')
      .filter(([, { resolved, integrity }]) => !integrity?.startsWith('sha512-') || resolved !== undefined)
      .map(([path]) => path)
    expect(wrong).toEqual([])
  })

  test('names exact versions in package.json', () => {
    const own = JSON.parse(readFileSync('package.json', 'utf8'))
    const versions = Object.entries<string>({ ...own.dependencies, ...own.devDependencies })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })
})

function isAtLeast(version: string, floor: string): boolean {
  const parts = (text: string) => text.split('-')[0]?.split('.').map(Number) ?? []
  const [have, need] = [parts(version), parts(floor)]
  for (const [index, wanted] of need.entries()) {
    const had = have[index] ?? 0
    if (had !== wanted) return had > wanted
  }
  return true
}
