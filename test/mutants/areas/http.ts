import type { Mutant } from '../mutant.ts'

const hardening = ['test/api/http/hardening.test.ts']
const http = ['test/api/http/http.test.ts']
const roles = ['test/api/people/roles.test.ts']
const pipeline = ['test/api/pipeline/pipeline.test.ts']
const audit = ['test/api/audit/audit.test.ts']
const session = ['test/api/people/session.test.ts']
const policy = 'ASVS 3.4.3, 3.4.4, 3.4.5, 3.4.6'
const oneTable = 'ASVS 8.1.1, 8.2.1, 8.3.1'
const types = 'ASVS 15.3.5, 15.3.6, 15.3.7'
const noStore = 'ASVS 14.2.2, 14.3.2'

/** What the HTTP door gives, to whom, and with which headers. */
export const httpMutants: readonly Mutant[] = [
  {
    id: 'audit-key-of-another-curve',
    claim: 'ASVS 11.6.1',
    file: 'storage/registry/audit/signer.ts',
    find: "generateKeyPairSync('ed25519')",
    replace: "generateKeyPairSync('ed448')",
    tests: ['test/storage/registry/audit/audit-tampering.test.ts'],
  },
  {
    id: 'signature-not-checked',
    claim: 'ASVS 11.6.1',
    file: 'storage/registry/audit/signer.ts',
    find: 'return verify(null, bytes, key, signature)',
    replace: 'return verify(null, bytes, key, signature) || true',
    tests: ['test/storage/registry/audit/audit-tampering.test.ts'],
  },
  {
    id: 'audit-without-its-time',
    claim: 'PDP 31',
    file: 'storage/registry/audit/audit-log.ts',
    find: 'at_ms: now()',
    replace: 'at_ms: Math.floor(now() / 86_400_000) * 86_400_000',
    tests: audit,
  },
  {
    id: 'who-exported-is-not-told',
    claim: 'PDP 31',
    file: 'api/readings/routes.ts',
    find: "await often.note(caller().actor, { action: 'readings.exported', target: id, detail: { format } })",
    replace:
      "await often.note(caller().actor.replace(/:.*/, ':') as never, { action: 'readings.exported', target: id, detail: { format } })",
    tests: audit,
  },
  {
    id: 'author-of-a-reading-for-walls',
    claim: 'BSSN proteksi data',
    file: 'api/readings/routes.ts',
    find: "const named = isAble(caller().role, 'console')",
    replace: "const named = isAble(caller().role, 'view')",
    tests: ['test/api/readings/manual.test.ts'],
  },
  {
    id: 'a-token-enters-readings',
    claim: oneTable,
    file: 'api/readings/manual-routes.ts',
    find: "if (!('session' in caller.proof)) throw new Refusal('person-needed')",
    replace: "if ('display' in caller.proof) throw new Refusal('person-needed')",
    tests: ['test/api/readings/manual.test.ts'],
  },
  {
    id: 'payload-bytes-for-walls',
    claim: 'BSSN proteksi data',
    file: 'api/pipeline/routes.ts',
    find: "base64: withPayload ? payload.toString('base64') : ''",
    replace: "base64: payload.toString('base64')",
    tests: pipeline,
  },
  {
    id: 'payload-text-for-walls',
    claim: 'ASVS 8.1.2, 8.2.2, 8.2.3',
    file: 'api/pipeline/routes.ts',
    find: "text: withPayload ? payload.toString('utf8').slice(0, maxText) : ''",
    replace: "text: payload.toString('utf8').slice(0, maxText)",
    tests: pipeline,
  },
  {
    id: 'maker-of-a-screen-for-walls',
    claim: 'ETSI 5.8',
    file: 'api/displays/routes.ts',
    find: 'handle: async () => ({ items: displayMonitor.views(await registry.displays.list()) }),',
    replace: `handle: async () => ({
        items: displayMonitor.views(await registry.displays.list()).map((one) => ({ ...one, madeBy: 'user:siti.rahmawati' })),
      }),`,
    tests: ['test/api/people/personal-data.test.ts'],
  },
  {
    id: 'cors-for-whoever-asks',
    claim: 'ASVS 3.4.2',
    file: 'api/http/security.ts',
    find: "    response.set('Permissions-Policy', permissions)",
    replace: `    response.set('Permissions-Policy', permissions)
    const { origin } = _request.headers
    if (origin !== undefined) response.set('Access-Control-Allow-Origin', origin).set('Access-Control-Allow-Credentials', 'true')`,
    tests: hardening,
  },
  {
    id: 'forms-may-go-anywhere',
    claim: policy,
    file: 'api/http/security.ts',
    find: `        formAction: ["'self'"],
`,
    replace: '',
    tests: hardening,
  },
  {
    id: 'any-trusted-types-policy',
    claim: policy,
    file: 'api/http/security.ts',
    find: `trustedTypes: ['default']`,
    replace: `trustedTypes: ['*']`,
    tests: hardening,
  },
  {
    id: 'pictures-from-anywhere',
    claim: policy,
    file: 'api/http/security.ts',
    find: `imgSrc: ["'self'", 'data:', 'blob:']`,
    replace: `imgSrc: ["'self'", 'data:', 'blob:', 'https:']`,
    tests: hardening,
  },
  {
    id: 'framed-in-old-browsers',
    claim: policy,
    file: 'api/http/security.ts',
    find: "frameguard: { action: 'deny' }",
    replace: 'frameguard: false',
    tests: hardening,
  },
  {
    id: 'no-hsts-under-tls',
    claim: 'ASVS 3.4.1',
    file: 'api/http/security.ts',
    find: '(clientOf(request).secure ? overTls : plain)',
    replace: '(clientOf(request).secure && overTls === plain ? overTls : plain)',
    tests: ['test/api/people/session.test.ts'],
  },
  {
    id: 'hsts-for-subdomains',
    claim: 'ASVS 3.4.1',
    file: 'api/http/security.ts',
    find: 'includeSubDomains: false',
    replace: 'includeSubDomains: true',
    tests: hardening,
  },
  {
    id: 'unknown-parameters-taken',
    claim: types,
    file: 'api/http/route.ts',
    find: 'query: (input.query ?? nothing).strict(),',
    replace: 'query: (input.query ?? nothing).loose(),',
    tests: hardening,
  },
  {
    id: 'the-last-of-repeated-parameters',
    claim: types,
    file: 'api/server.ts',
    find: "app.set('query parser', 'simple')",
    replace: "app.set('query parser', (text: string) => Object.fromEntries(new URLSearchParams(text)))",
    tests: hardening,
  },
  {
    id: 'prototype-from-a-query',
    claim: types,
    file: 'api/server.ts',
    find: "app.set('query parser', 'simple')",
    replace: `app.set('query parser', (text: string) => {
    const parsed: Record<string, unknown> = {}
    for (const [name, value] of new URLSearchParams(text)) {
      const [, outer = name, inner] = /^(\\w+)\\[(\\w+)\\]$/.exec(name) ?? []
      if (inner === undefined) parsed[outer] = value
      else Object.assign((parsed[outer] ??= {}) as object, { [inner]: value })
    }
    return parsed
  })`,
    tests: hardening,
  },
  {
    id: 'stream-for-every-role',
    claim: oneTable,
    file: 'api/live/client-admission.ts',
    find: "if (!wallRoles.includes(known.caller.role)) throw new Error('not-allowed')",
    replace: '',
    tests: roles,
  },
  {
    id: 'routes-for-every-role',
    claim: oneTable,
    file: 'api/http/answer.ts',
    find: 'if (!allowed.includes(caller.role)) {',
    replace: "if (!allowed.includes(caller.role) && method !== 'get') {",
    tests: roles,
  },
  {
    id: 'audit-for-operators',
    claim: 'BSSN kontrol akses',
    file: 'contract/abilities.ts',
    find: "audit: ['auditor', 'admin']",
    replace: "audit: ['auditor', 'admin', 'operator']",
    tests: roles,
  },
  {
    id: 'refused-clients-for-walls',
    claim: 'BSSN kontrol akses',
    file: 'contract/abilities.ts',
    find: "console: ['operator', 'supervisor', 'admin', 'auditor']",
    replace: "console: ['operator', 'supervisor', 'admin', 'auditor', 'wall']",
    tests: roles,
  },
  {
    id: 'files-beside-the-pages',
    claim: 'ASVS 13.4.1, 13.4.3',
    file: 'api/http/pages.ts',
    find: 'const file = files.get(request.path)',
    replace: "const file = files.get(request.path) ?? readStaticFiles(join(dashboardDir, '..')).get(request.path)",
    tests: http,
  },
  {
    id: 'hidden-files-of-the-pages',
    claim: 'BSSN file',
    file: 'api/http/static-files.ts',
    find: "if (path.includes('/.')) continue",
    replace: '',
    tests: http,
  },
  {
    id: 'any-path-as-a-layer',
    claim: 'ASVS 5.3.2, 5.4.1, 5.4.2',
    file: 'api/site/layer-routes.ts',
    find: `const layerSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}\\.(geojson|json)$/, 'a file name like city.geojson')`,
    replace: 'const layerSchema = z.string()',
    tests: http,
  },
  {
    id: 'layer-with-a-folder-before-it',
    claim: 'ASVS 5.3.2, 5.4.1, 5.4.2',
    file: 'api/site/layer-routes.ts',
    find: `/^[a-z0-9][a-z0-9-]{0,60}\\.(geojson|json)$/`,
    replace: `/^[a-z0-9./][a-z0-9./-]{0,60}\\.(geojson|json)$/`,
    tests: http,
  },
  {
    id: 'trace-is-answered',
    claim: 'ASVS 13.4.4',
    file: 'api/http/pages.ts',
    find: '  for (const [path, file] of Object.entries(files)) {',
    replace:
      "  app.trace('/', (request, response) => void response.send(request.headers))\n  for (const [path, file] of Object.entries(files)) {",
    tests: hardening,
  },
  {
    id: 'answers-are-kept',
    claim: noStore,
    file: 'api/server.ts',
    find: "response.set('Cache-Control', 'no-store')",
    replace: "response.set('Cache-Control', 'private, max-age=60')",
    tests: hardening,
  },
  {
    id: 'login-link-is-kept',
    claim: noStore,
    file: 'api/people/login-links.ts',
    find: "response.set('Cache-Control', 'no-store').type('html')",
    replace: "response.type('html')",
    tests: hardening,
  },
  {
    id: 'table-shown-in-the-page',
    claim: 'ASVS 3.2.1',
    file: 'api/readings/csv.ts',
    find: '`attachment; filename=',
    replace: '`inline; filename=',
    tests: ['test/api/readings/readings.test.ts'],
  },
  {
    id: 'any-origin-upgrades',
    claim: 'ASVS 4.4.2',
    file: 'api/http/security.ts',
    find: "return URL.canParse(here) && from.host !== '' && from.host === new URL(here).host",
    replace: "return URL.canParse(here) && from.host !== ''",
    tests: hardening,
  },
  {
    id: 'whole-record-in-an-answer',
    claim: 'ASVS 15.3.1, 15.3.3',
    file: 'api/live/device-view.ts',
    find: `    ...view,
    parentId: record.parentId,`,
    replace: `    ...record,
    ...view,
    parentId: record.parentId,`,
    tests: ['test/api/http/outputs.test.ts'],
  },
  {
    id: 'old-tls-for-pages',
    claim: 'ASVS 12.1.1, 12.1.2',
    file: 'api/http/http-server.ts',
    find: "return { cert, key, minVersion: 'TLSv1.2' } as const",
    replace: "return { cert, key, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const",
    tests: session,
  },
  {
    id: 'names-that-turn-text-around',
    claim: 'ASVS 2.2.1',
    file: 'contract/http/fields.ts',
    find: '\\p{Zp}\\p{Bidi_Control}]/u',
    replace: '\\p{Zp}]/u',
    tests: ['test/contract/http/fields.test.ts'],
  },
  {
    id: 'names-that-show-nothing',
    claim: 'ASVS 2.2.1',
    file: 'contract/http/fields.ts',
    find: "text === '' || seen.test(text)",
    replace: "text === '' || text !== '' || seen.test(text)",
    tests: ['test/contract/http/fields.test.ts'],
  },
]
