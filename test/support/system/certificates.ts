import { type AuthorityOptions, authorityIn, type TestAuthority } from './authority.ts'
import { tempDir } from './temp-dir.ts'

export { localhost, type TestAuthority, type TestCertificate } from './authority.ts'

/** An authority in a folder of this test's own. */
export function makeAuthority(options: Omit<AuthorityOptions, 'dir'> = {}): TestAuthority {
  return authorityIn({ dir: tempDir(), ...options })
}
