import type { Mutant } from '../mutant.ts'

const config = ['test/runtime/config.test.ts']
const logs = ['test/e2e/logs.test.ts']
const floors = ['test/floors.test.ts']
const clients = ['test/api/live/wall-client.test.ts']
const settings = 'BSSN keamanan konfigurasi'
const libraries = 'BSSN pengendalian kode berbahaya'
const hang = 'RELIABILITY hang-roles'
const slowClients = 'RELIABILITY slow-screens'
const manyClients = 'RELIABILITY dashboards'

/** Settings, libraries, logs, the supervisor, screens and the pages. */
export const systemMutants: readonly Mutant[] = [
  {
    id: 'mqtt-open-by-default',
    claim: settings,
    file: 'runtime/settings.ts',
    find: `    .default('127.0.0.1')
    .describe('Address for plain MQTT`,
    replace: `    .default('0.0.0.0')
    .describe('Address for plain MQTT`,
    tests: config,
  },
  {
    id: 'unknown-settings-taken',
    claim: settings,
    file: 'runtime/config.ts',
    find: '    ...unknown.map((name) => `${name} is no setting of this system; see .env.example.`),\n',
    replace: '',
    tests: config,
  },
  {
    id: 'secrets-in-shown-settings',
    claim: settings,
    file: 'runtime/config.ts',
    find: 'const secretName = /PASSWORD|TOKEN|SECRET/',
    replace: 'const secretName = /PASSWORD|SECRET/',
    tests: config,
  },
  {
    id: 'login-of-an-address-shown',
    claim: settings,
    file: 'runtime/config.ts',
    find: "typeof value === 'string' ? withoutSecrets(value) : value",
    replace: "typeof value === 'string' ? withoutSecrets('') + value : value",
    tests: config,
  },
  {
    id: 'weak-library',
    claim: libraries,
    file: 'package-lock.json',
    find: '"node_modules/ws": {\n      "version": "8.23.0"',
    replace: '"node_modules/ws": {\n      "version": "8.17.0"',
    tests: floors,
  },
  {
    id: 'library-without-a-checksum',
    claim: libraries,
    file: 'package-lock.json',
    find: '"node_modules/ws": {\n      "version": "8.23.0",\n      "integrity": "sha512-',
    replace: '"node_modules/ws": {\n      "version": "8.23.0",\n      "integrity": "sha1-',
    tests: floors,
  },
  {
    id: 'log-without-its-role',
    claim: 'BSSN penanganan eror dan pencatatan log',
    file: 'runtime/log.ts',
    find: 'base: { role }',
    replace: 'base: {}',
    tests: logs,
  },
  {
    id: 'fault-not-logged',
    claim: 'BSSN penanganan eror dan pencatatan log',
    file: 'api/http/problem.ts',
    find: "log.error({ err: error, method: request.method, path: request.path }, 'a request failed through our fault')",
    replace: 'void [log, request]',
    tests: ['test/api/http/http.test.ts'],
  },
  {
    id: 'mistyped-name-in-the-log',
    claim: 'ASVS 16.2.1, 16.2.2, 16.2.3, 16.2.4, 16.2.5',
    file: 'api/people/sign-in.ts',
    find: "log.warn({ address, why }, 'a login was refused')",
    replace: "log.warn({ address, why, username }, 'a login was refused')",
    tests: logs,
  },
  {
    id: 'forged-line-in-the-log',
    claim: 'ASVS 16.4.1',
    file: 'api/people/sign-in.ts',
    find: "log.warn({ address, why }, 'a login was refused')",
    replace: 'process.stdout.write(`a login of ${username} was refused: ${why} ${address} ${log.level}\\n`)',
    tests: logs,
  },
  {
    id: 'hung-role-asked-to-end',
    claim: hang,
    file: 'runtime/supervisor.ts',
    find: "child?.kill('SIGKILL')",
    replace: "child?.kill('SIGTERM')",
    tests: ['test/runtime/supervisor.test.ts'],
  },
  {
    id: 'hung-role-not-ended',
    claim: hang,
    file: 'runtime/supervisor.ts',
    find: "child?.kill('SIGKILL')",
    replace: '',
    tests: ['test/runtime/supervisor.test.ts'],
  },
  {
    id: 'silence-of-a-minute',
    claim: hang,
    file: 'runtime/heartbeat.ts',
    find: 'const firstPatienceMs = 10_000',
    replace: 'const firstPatienceMs = 60_000',
    tests: ['test/runtime/heartbeat.test.ts'],
  },
  {
    id: 'client-that-hangs-for-a-minute',
    claim: slowClients,
    file: 'api/live/wall-client.ts',
    find: 'const stuckAfterMs = 10_000',
    replace: 'const stuckAfterMs = 60_000',
    tests: clients,
  },
  {
    id: 'client-that-may-hoard',
    claim: slowClients,
    file: 'api/live/wall-client.ts',
    find: 'const maxBufferedBytes = 1_000_000',
    replace: 'const maxBufferedBytes = 100_000_000',
    tests: clients,
  },
  {
    id: 'backlog-of-every-change',
    claim: slowClients,
    file: 'api/live/backlog.ts',
    find: 'const taken = { changes: [...changes.values()], removed: [...removed] }',
    replace: 'const taken = { changes: [...changes.values()].flatMap((one) => [one, one]), removed: [...removed] }',
    tests: clients,
  },
  {
    id: 'frame-made-for-each-client',
    claim: manyClients,
    file: 'api/live/frames.ts',
    find: 'made ??= { it: make() }',
    replace: 'made = { it: make() }',
    tests: clients,
  },
  {
    id: 'snapshot-as-often-as-asked',
    claim: manyClients,
    file: 'api/live/wall-client.ts',
    find: 'if (snapshotOnItsWay || now() - snapshotAtMs < snapshotEveryMs) return',
    replace: 'if (snapshotAtMs === now() + snapshotEveryMs) return',
    tests: clients,
  },
  {
    id: 'broker-behind-tls-not-handed-over',
    claim: 'ASVS 4.4.1',
    file: 'api/http/http-server.ts',
    find: "if (path !== '/mqtt') return refuseUpgrade",
    replace: "if (path !== '/mqtt' || 'encrypted' in socket) return refuseUpgrade",
    tests: ['test/e2e/operate.test.ts'],
    only: 'with a certificate it speaks',
  },
  {
    id: 'name-as-markup',
    claim: 'ASVS 1.1.2, 1.2.1, 1.2.3, 3.2.2',
    file: 'dashboard/console/devices/device-table.tsx',
    find: `      <span role="gridcell" className="col-name">
        {device.name}
      </span>`,
    replace: '      <span role="gridcell" className="col-name" dangerouslySetInnerHTML={{ __html: device.name }} />',
    tests: ['test/wall/pages/xss.test.ts'],
  },
  {
    id: 'a-word-to-a-stranger',
    claim: 'ASVS 14.2.3',
    file: 'dashboard/main.tsx',
    find: 'guardScripts()',
    replace: "guardScripts()\nvoid fetch('http://127.0.0.1:9/telemetry', { mode: 'no-cors' }).catch(() => undefined)",
    tests: ['test/wall/browser.test.ts'],
    only: 'asks nobody but its own server',
  },
]
