import type { Mutant } from '../mutant.ts'

const throttle = 'ASVS 6.1.1, 6.3.1'
const codes = 'ASVS 6.3.1, 6.5.1'
const proxies = 'ASVS 4.1.3, 15.3.4'
const door = 'ASVS 15.1.3, 15.2.2'
const crossSite = 'ASVS 3.5.1, 3.5.2, 3.5.3'
const hashQueue = ['test/storage/registry/hash-queue.test.ts']
const loginThrottle = ['test/api/people/login-throttle.test.ts']
const codeLimit = ['test/api/people/code-limit.test.ts']
const proxyTests = ['test/api/http/door/proxies.test.ts']
const doorTests = ['test/api/http/door/door.test.ts']
const session = ['test/api/people/session.test.ts']

/** What somebody whom we do not know can stop, learn or pretend. */
export const strangerMutants: readonly Mutant[] = [
  {
    id: 'turns-to-the-newest-only',
    claim: throttle,
    file: 'storage/registry/people/rank-lines.ts',
    find: 'const newest = 16',
    replace: 'const newest = 1',
    tests: hashQueue,
  },
  {
    id: 'strangers-before-the-known',
    claim: throttle,
    file: 'api/people/login-throttle.ts',
    find: 'known: 0, clean: 1',
    replace: 'known: 1, clean: 0',
    tests: loginThrottle,
  },
  {
    id: 'failures-before-they-are-known',
    claim: throttle,
    file: 'api/people/login-throttle.ts',
    find: 'dropped: () => leave(pair),',
    replace: 'dropped: () => pairs.add(pair),',
    tests: loginThrottle,
  },
  {
    id: 'forty-codes-a-minute',
    claim: codes,
    file: 'api/people/code-limit.ts',
    find: 'everyMs: 12_000',
    replace: 'everyMs: 1_700',
    tests: codeLimit,
  },
  {
    id: 'codes-without-end-while-some-wait',
    claim: codes,
    file: 'api/people/code-limit.ts',
    find: 'account.left -= 1',
    replace: 'account.left -= 0',
    tests: codeLimit,
  },
  {
    id: 'any-peer-is-a-proxy',
    claim: proxies,
    file: 'api/http/door/proxies.ts',
    find: 'if (!isTrusted(peer)) return',
    replace: "if (peer === '') return",
    tests: proxyTests,
  },
  {
    id: 'the-first-address-of-the-header',
    claim: proxies,
    file: 'api/http/door/proxies.ts',
    find: "split(',').toReversed()",
    replace: "split(',')",
    tests: proxyTests,
  },
  {
    id: 'one-address-before-all-others',
    claim: door,
    file: 'api/http/door/turns.ts',
    find: '    ready.delete(address)\n    if (waiting',
    replace: '    if (waiting',
    tests: ['test/api/http/door/turns.test.ts'],
  },
  {
    id: 'idle-connections-stay',
    claim: door,
    file: 'api/http/door/connection-limiter.ts',
    find: 'network.idle.size + network.busy.size <= limits.connectionsPerAddress',
    replace: 'network.busy.size <= limits.connectionsPerAddress',
    tests: doorTests,
  },
  {
    id: 'unknown-name-without-work',
    claim: 'ASVS 6.3.8',
    file: 'storage/registry/people/people.ts',
    find: 'const right = await passwords.matches(password, row?.password_hash, turn)',
    replace: 'const right = row !== undefined && (await passwords.matches(password, row.password_hash, turn))',
    tests: ['test/api/http/refusal-work.test.ts'],
  },
  {
    id: 'another-site-of-the-same-name',
    claim: crossSite,
    file: 'api/http/security.ts',
    find: "site !== 'same-origin' && site !== 'none'",
    replace: "site === 'cross-site'",
    tests: session,
  },
  {
    id: 'another-port-is-this-page',
    claim: crossSite,
    file: 'api/http/security.ts',
    find: 'from.host === new URL(here).host',
    replace: 'from.hostname === new URL(here).hostname',
    tests: session,
  },
  {
    id: 'records-that-do-not-follow-one-another',
    claim: 'ASVS 16.4.2',
    file: 'storage/registry/audit/record.ts',
    find: 'update(previous).update(text',
    replace: 'update(previous.slice(0, 0)).update(text',
    tests: ['test/storage/registry/audit/audit-tampering.test.ts'],
  },
  {
    id: 'a-hook-that-breaks-lets-in',
    claim: 'ASVS 16.5.3',
    file: 'broker/auth/hook-guard.ts',
    find: 'done(failed(error), null as never)',
    replace: 'done((failed(error), null) as never, true as never)',
    tests: ['test/broker/hooks.test.ts'],
  },
]
