import type { Mutant } from '../mutant.ts'

const tls = ['test/broker/tls.test.ts']
const limits = ['test/broker/limits.test.ts']
const conformance = ['test/broker/conformance.test.ts']
const revocation = 'RELIABILITY revocation'
const fuzz = 'RELIABILITY fuzz-mqtt'
const flooder = 'RELIABILITY flooder'
const storm = 'RELIABILITY storm-tls'
const line = 'RELIABILITY bad-network'

/** The MQTT door: TLS, bytes, pace, revocation, lines that die. */
export const brokerMutants: readonly Mutant[] = [
  {
    id: 'old-tls',
    claim: 'ETSI 5.5',
    file: 'broker/listeners.ts',
    find: "minVersion: 'TLSv1.2' }",
    replace: "minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }",
    tests: tls,
  },
  {
    id: 'expired-certificate-taken',
    claim: 'ETSI 5.5',
    file: 'broker/peer-certificate.ts',
    find: "if (name === 'CERT_HAS_EXPIRED') return 'certificate-expired'",
    replace: "if (name === 'CERT_HAS_EXPIRED') return undefined as never",
    tests: tls,
  },
  {
    id: 'resumed-after-its-certificate-ended',
    claim: 'BSSN keamanan komunikasi',
    file: 'broker/peer-certificate.ts',
    find: "if (nowMs > notAfterMs) return 'certificate-expired'",
    replace: '',
    tests: tls,
  },
  {
    id: 'certificate-never-asked-for',
    claim: 'BSSN keamanan komunikasi',
    file: 'broker/listeners.ts',
    find: 'requestCert: material.ca !== undefined',
    replace: 'requestCert: false',
    tests: tls,
  },
  {
    id: 'new-files-never-used',
    claim: 'BSSN keamanan komunikasi',
    file: 'broker/listeners.ts',
    find: 'server.setSecureContext(contextOf(next))',
    replace: 'void contextOf(next)',
    tests: tls,
  },
  {
    id: 'revocation-while-looking',
    claim: revocation,
    file: 'broker/revocation.ts',
    find: 'again = looking',
    replace: 'again = false',
    tests: ['test/broker/revocation.test.ts'],
  },
  {
    id: 'revocation-while-signing-in',
    claim: revocation,
    file: 'broker/admission.ts',
    find: 'if (change !== parts.revocation.changes()) parts.revocation.look()',
    replace: 'void change',
    tests: ['test/broker/revocation.test.ts'],
  },
  {
    id: 'revoked-not-cut',
    claim: revocation,
    file: 'broker/revocation.ts',
    find: 'session.client.conn.destroy()',
    replace: '',
    tests: ['test/broker/revocation.test.ts'],
  },
  {
    id: 'slowed-and-never-told',
    claim: 'ETSI 5.10',
    file: 'broker/connections.ts',
    find: "slowed: (client) => count(client, 'rate-limited'),",
    replace: 'slowed: (client) => void client,',
    tests: limits,
  },
  {
    id: 'refusals-counted-once',
    claim: 'ETSI 5.10',
    file: 'broker/refusals.ts',
    find: 'totals.set(reason, (totals.get(reason) ?? 0) + 1)',
    replace: 'totals.set(reason, 1)',
    tests: limits,
  },
  {
    id: 'who-was-refused-is-counted-once',
    claim: 'ETSI 5.10',
    file: 'broker/refusals.ts',
    find: 'const count = (clients.get(key)?.count ?? 0) + 1',
    replace: 'const count = 1',
    tests: limits,
  },
  {
    id: 'refused-clients-without-bound',
    claim: 'ETSI 5.10',
    file: 'broker/refusals.ts',
    find: 'if (clients.size <= mostClients) return',
    replace: 'if (clients.size > 0) return',
    tests: limits,
  },
  {
    id: 'qos-three',
    claim: 'ETSI 5.13',
    file: 'broker/packet-check.ts',
    find: "if (qos === 3) return malformed('MQTT-3.3.1-4: QoS 3')",
    replace: '',
    tests: conformance,
  },
  {
    id: 'reserved-flags-taken',
    claim: 'ETSI 5.13',
    file: 'broker/packet-check.ts',
    find: 'if ((first & 0x0f) !== flags)',
    replace: 'if ((first & 0x0f) !== flags && flags === 2)',
    tests: conformance,
  },
  {
    id: 'bytes-behind-connect',
    claim: 'ETSI 5.13',
    file: 'broker/connect-check.ts',
    find: "if (at !== end) return malformed('MQTT-3.1.3-1: bytes behind the last field')",
    replace: '',
    tests: conformance,
  },
  {
    id: 'packet-of-any-size',
    claim: fuzz,
    file: 'broker/frame-cutter.ts',
    find: "if (length > limit()) return 'too-large'",
    replace: '',
    tests: conformance,
  },
  {
    id: 'stray-throw-ends-the-broker',
    claim: fuzz,
    file: 'broker/gate.ts',
    find: `    } catch (error) {
      stopped = true
      violated(client, violation('hook-failed', String(error)))
      stream.destroy()
    } finally {`,
    replace: `    } finally {`,
    tests: ['test/broker/hooks.test.ts'],
  },
  {
    id: 'no-pace',
    claim: flooder,
    file: 'broker/pace.ts',
    find: 'return tokens >= 0 ? 0 : Math.ceil((-tokens * 1000) / perS)',
    replace: 'return 0',
    tests: limits,
  },
  {
    id: 'large-packets-count-as-one',
    claim: flooder,
    file: 'broker/pace.ts',
    find: 'bytes.spend(size)',
    replace: 'bytes.spend(Math.min(1, size))',
    tests: limits,
  },
  {
    id: 'pace-forgotten-at-a-reconnect',
    claim: flooder,
    file: 'broker/pace.ts',
    find: 'if (known !== undefined) return known',
    replace: 'if (known === undefined) paces.clear()',
    tests: limits,
  },
  {
    id: 'handshakes-without-time',
    claim: storm,
    file: 'broker/listeners.ts',
    find: 'const handshakeTimeoutMs = 30_000',
    replace: 'const handshakeTimeoutMs = 1',
    tests: ['test/torture/torture.test.ts'],
    only: 'torture, a small share > storm-tls',
  },
  {
    id: 'tls-sessions-never-taken-up',
    claim: storm,
    file: 'broker/listeners.ts',
    find: 'const limits = { handshakeTimeout: handshakeTimeoutMs, sessionTimeout: sessionTimeoutS }',
    replace:
      "const limits = { handshakeTimeout: handshakeTimeoutMs, sessionTimeout: sessionTimeoutS, secureOptions: 0x4000, maxVersion: 'TLSv1.2' as const }",
    tests: tls,
  },
  {
    id: 'keepalive-of-any-length',
    claim: line,
    file: 'broker/admission.ts',
    find: 'packet.keepalive = Math.min(packet.keepalive || limits.keepaliveS, limits.keepaliveS)',
    replace: 'packet.keepalive ||= 0',
    tests: limits,
  },
  {
    id: 'keepalive-never-looked-at',
    claim: line,
    file: 'broker/admission.ts',
    find: 'packet.keepalive = Math.min(packet.keepalive || limits.keepaliveS, limits.keepaliveS)',
    replace: 'packet.keepalive = 0',
    tests: limits,
  },
]
