import type { Mutant } from '../mutant.ts'

const bound = 'ASVS 1.2.4'
const inputs = 'ASVS 1.3.3, 1.4.2, 2.2.1, 2.2.2, 2.2.3'
const crypto = 'ASVS 11.2.1, 11.2.3, 11.3.1, 11.3.2, 11.3.3'
const shown = 'ASVS 12.2.1, 12.3.1'
const noted = 'ASVS 16.3.1, 16.3.2, 16.3.3'
const registry = ['test/storage/registry/registry.test.ts']
const secondFactor = ['test/api/people/second-factor.test.ts']

/** What tests once did not notice. */
export const firstDrawMutants: readonly Mutant[] = [
  {
    id: 'eval-in-a-route',
    claim: 'ASVS 1.3.2',
    file: 'api/walls/routes.ts',
    find: 'handle: async () => ({ items: await registry.walls.list() }),',
    replace: "handle: async () => ({ items: (await eval('registry.walls.list()')) as never }),",
    tests: ['test/architecture.test.ts'],
  },
  {
    id: 'user-name-in-the-statement',
    claim: bound,
    file: 'storage/registry/people/people.ts',
    find: `      const row = await db
        .selectFrom('person')
        .select([...columns, 'password_hash'])
        .where('username', '=', username.toLowerCase())`,
    replace: `      const { sql } = await import('kysely')
      const row = await db
        .selectFrom('person')
        .select([...columns, 'password_hash'])
        .where('username', '=', sql.raw(\`'\${username.toLowerCase()}'\`) as never)`,
    tests: registry,
  },
  {
    id: 'device-id-in-the-statement',
    claim: bound,
    file: 'storage/telemetry/sqlite/sqlite-reader.ts',
    find: "db.prepare('SELECT dev FROM device WHERE id = ?').get(id)",
    replace: "db.prepare(`SELECT dev FROM device WHERE id = '${id}'`).get()",
    tests: ['test/storage/telemetry/sqlite/sqlite.test.ts'],
  },
  {
    id: 'device-id-in-influxql',
    claim: bound,
    file: 'storage/telemetry/influx/influx-read.ts',
    find: '` WHERE "device" = $device AND time >= $from AND time < $to LIMIT ${limit + 1}`',
    replace: '` WHERE "device" = \'${query.deviceId}\' AND time >= $from AND time < $to LIMIT ${limit + 1}`',
    tests: ['test/storage/telemetry/influx1.conformance.test.ts'],
  },
  {
    id: 'gcm-tag-not-checked',
    claim: crypto,
    file: 'storage/registry/people/second-factors.ts',
    find: 'return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()])',
    replace: 'return decipher.update(sealed.subarray(nonceBytes + tagBytes))',
    tests: secondFactor,
  },
  {
    id: 'confirm-takes-any-code',
    claim: 'ASVS 2.3.1, 2.3.3',
    file: 'storage/registry/people/second-factors.ts',
    find: 'const step = stepOf(cipher.open(draft.secret, username), code, now())',
    replace: 'const step = stepOf(cipher.open(draft.secret, username), code, now()) ?? 0',
    tests: secondFactor,
  },
  {
    id: 'open-mqtt-not-told-by-the-broker',
    claim: shown,
    file: 'broker/server.ts',
    find: 'open: !isLoopback(host)',
    replace: 'open: false',
    tests: ['test/broker/server.test.ts'],
  },
  {
    id: 'open-http-not-told-by-the-api',
    claim: shown,
    file: 'api/live/live-picture.ts',
    find: 'open: tls === undefined && !isLoopback(host)',
    replace: 'open: false',
    tests: ['test/api/pipeline/pipeline.test.ts'],
  },
  {
    id: 'open-mqtt-not-on-the-wall',
    claim: shown,
    file: 'domain/system/system-faults.ts',
    find: "if (broker.open) found.push({ code: 'open' })",
    replace: '',
    tests: ['test/domain/system/system-faults.test.ts'],
  },
  {
    id: 'screen-put-out-not-noted',
    claim: noted,
    file: 'storage/registry/displays/displays.ts',
    find: "await note(transaction, { action: 'display.revoked', target: name })",
    replace: '',
    tests: ['test/api/audit/audit.test.ts'],
  },
  {
    id: 'wall-taken-away-not-noted',
    claim: noted,
    file: 'storage/registry/walls/walls.ts',
    find: "await note(transaction, { action: 'wall.removed', target: id })",
    replace: '',
    tests: ['test/api/audit/audit.test.ts'],
  },
  {
    id: 'device-name-of-any-length',
    claim: inputs,
    file: 'contract/http/devices.ts',
    find: 'const name = plainText(1, 80)',
    replace: 'const name = z.string().trim().min(1)',
    tests: ['test/api/http/inputs.test.ts'],
  },
  {
    id: 'any-device-id',
    claim: inputs,
    file: 'contract/topics.ts',
    find: 'export const deviceIdPattern = /^[a-z0-9][a-z0-9-]{1,62}$/',
    replace: 'export const deviceIdPattern = /./s',
    tests: ['test/api/http/inputs.test.ts'],
  },
  {
    id: 'account-locked-for-all',
    claim: 'ASVS 6.1.1, 6.3.1',
    file: 'api/people/login-throttle.ts',
    find: 'const pair = `${network} ${account}`',
    replace: 'const pair = `${network.slice(0, 0)} ${account}`',
    tests: ['test/api/people/session.test.ts'],
  },
  {
    id: 'secret-for-everybody',
    claim: 'ASVS 13.3.1, 13.3.2',
    file: 'runtime/data-folder.ts',
    find: 'writeFileSync(draft, randomBytes(32), { mode: 0o600, flush: true })',
    replace: 'writeFileSync(draft, randomBytes(32), { mode: 0o644, flush: true })',
    tests: ['test/runtime/data-folder.test.ts'],
  },
]
