import type { Mutant } from '../mutant.ts'

const people = ['test/api/people.test.ts']
const session = ['test/api/session.test.ts']
const secondFactor = ['test/api/second-factor.test.ts']
const tokens = ['test/api/tokens.test.ts']
const passwordLength = 'ASVS 6.2.1, 6.2.5, 6.2.8, 6.2.9'
const leaked = 'ASVS 6.2.4, 6.2.12'
const ended = 'ASVS 7.4.1, 7.4.2, 7.4.3, 7.4.5'
const sessionEnds = 'ASVS 7.1.1, 7.1.2, 7.3.1, 7.3.2'
const cookie = 'ASVS 3.3.1, 3.3.2, 3.3.4'

/** People, what proves them, and how long it counts. */
export const accountMutants: readonly Mutant[] = [
  {
    id: 'totp-secret-of-80-bits',
    claim: 'secret TOTP secrets',
    file: 'api/registry/second-factors.ts',
    find: 'const secretBytes = 20',
    replace: 'const secretBytes = 10',
    tests: secondFactor,
  },
  {
    id: 'totp-secret-of-zeros',
    claim: 'secret TOTP secrets',
    file: 'api/registry/second-factors.ts',
    find: 'new Secret({ size: secretBytes })',
    replace: 'new Secret({ buffer: new ArrayBuffer(secretBytes) })',
    tests: secondFactor,
  },
  {
    id: 'nonce-of-zeros',
    claim: 'BSSN kriptografi',
    file: 'api/registry/second-factors.ts',
    find: 'const nonce = randomBytes(nonceBytes)',
    replace: 'const nonce = randomBytes(nonceBytes).fill(0)',
    tests: secondFactor,
  },
  {
    id: 'enrolment-without-a-password',
    claim: 'ASVS 7.5.1',
    file: 'api/routes/second-factor.ts',
    find: `        await signIn.prove({ username: name, ...body, ...from(call) })
`,
    replace: '',
    tests: secondFactor,
  },
  {
    id: 'new-password-without-a-code',
    claim: 'ASVS 7.5.1',
    file: 'api/routes/second-factor.ts',
    find: `        await signIn.prove({ username: name, ...proof, ...from(call) })
        await`,
    replace: `        await signIn.prove({ username: name, ...proof, ...from(call) }).catch((error) => {
          if (error.code !== 'code-needed') throw error
        })
        await`,
    tests: secondFactor,
  },
  {
    id: 'first-password-for-all',
    claim: 'ASVS 6.4.1',
    file: 'api/registry/passwords.ts',
    find: "return [readableGroup(), readableGroup(), readableGroup(), readableGroup()].join('-')",
    replace:
      "return [readable.slice(0, 5), readable.slice(5, 10), readable.slice(10, 15), readable.slice(15, 20)].join('-')",
    tests: people,
  },
  {
    id: 'first-password-of-few',
    claim: 'ASVS 6.4.1',
    file: 'api/registry/passwords.ts',
    find: 'readable.charAt(randomInt(readable.length))',
    replace: 'readable.charAt(randomInt(4))',
    tests: people,
  },
  {
    id: 'default-password',
    claim: 'ASVS 6.3.2',
    file: 'api/registry/people.ts',
    find: 'password: password ?? randomPassword(), random',
    replace: "password: password ?? 'admin-binjai-admin', random",
    tests: people,
  },
  {
    id: 'few-leaked-passwords',
    claim: leaked,
    file: 'api/registry/common-passwords.ts',
    find: "return dictionary['passwords-common'].some(",
    replace: "return dictionary['passwords-common'].slice(0, 1000).some(",
    tests: people,
  },
  {
    id: 'leaked-word-with-signs-around-it',
    claim: leaked,
    file: 'api/registry/common-passwords.ts',
    find: 'const tried = new Set([low, ...stems.filter(({ length }) => length >= shortestStem)])',
    replace: 'const tried = new Set([low])',
    tests: people,
  },
  {
    id: 'words-of-this-city',
    claim: 'ASVS 6.1.2, 6.2.11',
    file: 'api/registry/common-passwords.ts',
    find: 'ownWords.has(stem) || ',
    replace: '',
    tests: people,
  },
  {
    id: 'name-twice-as-password',
    claim: 'ASVS 6.1.2, 6.2.11',
    file: 'api/registry/common-passwords.ts',
    find: ' || stem === username + username',
    replace: '',
    tests: people,
  },
  {
    id: 'password-of-eleven',
    claim: passwordLength,
    file: 'api/registry/passwords.ts',
    find: 'export const leastPasswordLength = 12',
    replace: 'export const leastPasswordLength = 11',
    tests: people,
  },
  {
    id: 'password-without-its-blanks',
    claim: passwordLength,
    file: 'api/registry/passwords.ts',
    find: "return password.normalize('NFKC')",
    replace: "return password.normalize('NFKC').trim()",
    tests: people,
  },
  {
    id: 'password-cut-off',
    claim: passwordLength,
    file: 'api/registry/passwords.ts',
    find: "return password.normalize('NFKC')",
    replace: "return password.normalize('NFKC').slice(0, 72)",
    tests: people,
  },
  {
    id: 'password-in-any-case',
    claim: passwordLength,
    file: 'api/registry/passwords.ts',
    find: "return password.normalize('NFKC')",
    replace: "return password.normalize('NFKC').toLowerCase()",
    tests: people,
  },
  {
    id: 'token-of-128-bits',
    claim: 'ASVS 11.5.1',
    file: 'api/registry/tokens.ts',
    find: "prefix + randomBytes(32).toString('base64url')",
    replace: "prefix + Buffer.concat([randomBytes(16), Buffer.alloc(16)]).toString('base64url')",
    tests: tokens,
  },
  {
    id: 'token-proved-without-the-secret',
    claim: 'secret tokens',
    file: 'api/registry/tokens.ts',
    find: "createHmac('sha256', pepper).update(token).digest()",
    replace: "createHmac('sha256', pepper.slice(0, 0)).update(token).digest()",
    tests: tokens,
  },
  {
    id: 'token-in-clear',
    claim: 'secret tokens',
    file: 'api/registry/tokens.ts',
    find: "return createHmac('sha256', pepper).update(token).digest()",
    replace: 'return Buffer.from(pepper.length + token)',
    tests: tokens,
  },
  {
    id: 'session-id-in-clear',
    claim: 'secret session ids',
    file: 'api/registry/sessions.ts',
    find: "return createHash('sha256').update(secret).digest()",
    replace: "return createHash('sha256') && Buffer.from(secret)",
    tests: [...people, ...session],
  },
  {
    id: 'session-id-of-128-bits',
    claim: 'secret session ids',
    file: 'api/registry/sessions.ts',
    find: "const id = randomBytes(idBytes).toString('base64url')",
    replace: "const id = Buffer.concat([randomBytes(16), Buffer.alloc(16)]).toString('base64url')",
    tests: [...people, ...session],
  },
  {
    id: 'session-idle-for-half-an-hour-more',
    claim: sessionEnds,
    file: 'api/registry/sessions.ts',
    find: 'idleMs: 30 * minuteMs',
    replace: 'idleMs: 31 * minuteMs',
    tests: people,
  },
  {
    id: 'session-of-thirteen-hours',
    claim: sessionEnds,
    file: 'api/registry/sessions.ts',
    find: 'lastMs: 12 * hourMs',
    replace: 'lastMs: 13 * hourMs',
    tests: people,
  },
  {
    id: 'wall-session-of-31-days',
    claim: sessionEnds,
    file: 'api/registry/sessions.ts',
    find: 'lastMs: 30 * 24 * hourMs',
    replace: 'lastMs: 31 * 24 * hourMs',
    tests: people,
  },
  {
    id: 'stream-outlives-its-session',
    claim: ended,
    file: 'api/wall/admission.ts',
    find: 'if (!changed && !expired) continue',
    replace: 'if (!changed) continue',
    tests: tokens,
  },
  {
    id: 'removed-person-keeps-the-stream',
    claim: ended,
    file: 'api/wall/admission.ts',
    find: 'const present = await callers.of(proof, { touch: false })',
    replace: 'const present = (await callers.of(proof, { touch: false })) ?? caller',
    tests: tokens,
  },
  {
    id: 'code-that-nobody-gives',
    claim: 'BSSN autentikasi',
    file: 'api/http/sign-in.ts',
    find: "if (code === undefined || code === '') throw new Refusal('code-needed')",
    replace: "if (code === undefined || code === '') return",
    tests: [...session, ...secondFactor],
  },
  {
    id: 'cookie-without-secure',
    claim: cookie,
    file: 'api/http/session-cookie.ts',
    find: 'secure: clientOf(request).secure }',
    replace: 'secure: clientOf(request).secure && false }',
    tests: session,
  },
  {
    id: 'cookie-for-scripts',
    claim: cookie,
    file: 'api/http/session-cookie.ts',
    find: 'httpOnly: true',
    replace: 'httpOnly: false',
    tests: session,
  },
  {
    id: 'cookie-sent-from-other-sites',
    claim: cookie,
    file: 'api/http/session-cookie.ts',
    find: "sameSite: 'strict'",
    replace: "sameSite: 'lax'",
    tests: session,
  },
  {
    id: 'code-of-a-minute-ago',
    claim: 'ASVS 6.5.1, 6.5.3, 6.5.4, 6.5.5',
    file: 'api/registry/second-factors.ts',
    find: 'const tolerance = 1',
    replace: 'const tolerance = 2',
    tests: secondFactor,
  },
  {
    id: 'code-good-twice',
    claim: 'ASVS 6.5.1, 6.5.3, 6.5.4, 6.5.5',
    file: 'api/registry/second-factors.ts',
    find: ".where('last_step', '<', step)",
    replace: ".where('last_step', '<=', step)",
    tests: secondFactor,
  },
  {
    id: 'old-key-for-a-day-more',
    claim: 'secret device keys',
    file: 'api/registry/registry.ts',
    find: 'const usualKeyOverlapDays = 7',
    replace: 'const usualKeyOverlapDays = 8',
    tests: ['test/api/registry.test.ts'],
  },
  {
    id: 'session-ids-under-sha-1',
    claim: 'ASVS 11.4.1, 11.4.2, 11.4.3, 11.4.4',
    file: 'api/registry/sessions.ts',
    find: "createHash('sha256')",
    replace: "createHash('sha1')",
    tests: people,
  },
  {
    id: 'recovery-codes-outlive-their-person',
    claim: 'ETSI 5.11',
    file: 'api/registry/people.ts',
    find: "await transaction.deleteFrom('person').where('username', '=', username).execute()",
    replace: `await transaction.executeQuery({ sql: 'pragma defer_foreign_keys = on', parameters: [] } as never).catch(() => undefined)
        const codes = await transaction.selectFrom('recovery_code').selectAll().where('username', '=', username).execute()
        await transaction.deleteFrom('person').where('username', '=', username).execute()
        if (codes.length > 0) await transaction.insertInto('recovery_code').values(codes).execute()`,
    tests: people,
  },
  {
    id: 'token-in-the-address',
    claim: 'ASVS 6.1.3, 6.3.4',
    file: 'api/http/callers.ts',
    find: 'const { authorization, cookie } = request.headers',
    replace: `const { cookie } = request.headers
      const shown = new URL(request.url ?? '/', 'http://x').searchParams.get('access_token')
      const authorization = request.headers.authorization ?? (shown === null ? undefined : \`Bearer \${shown}\`)`,
    tests: tokens,
  },
]
