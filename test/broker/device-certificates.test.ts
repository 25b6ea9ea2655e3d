import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { pino } from 'pino'
import { onTestFinished, test } from 'vitest'
import { openTlsFiles } from '../../runtime/tls/tls-files.ts'
import { openDoor } from '../support/broker/door.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { localhost, makeAuthority } from '../support/system/certificates.ts'
import { tempDir } from '../support/system/temp-dir.ts'

/** The first commands under a heading of docs/operations.md. */
function commandsUnder(heading: string): string {
  const text = readFileSync('docs/operations.md', 'utf8')
  const [, commands = ''] = /```sh\n([\s\S]*?)```/.exec(text.slice(text.indexOf(`### ${heading}`))) ?? []
  return commands
}

test.skipIf(missingProgram('openssl'))(
  'the commands of docs/operations.md make a certificate that signs in',
  async () => {
    const dir = tempDir()
    execFileSync('sh', ['-ec', commandsUnder('Certificates for devices')], { cwd: dir, stdio: 'pipe' })
    const of = (name: string) => join(dir, name)
    const authority = makeAuthority({ commonName: 'Of the server' })
    const server = authority.issue('server', localhost)
    const paths = { cert: server.certFile, key: server.keyFile, ca: of('ca.pem') }
    const source = openTlsFiles({ paths, log: pino({ level: 'silent' }) })
    onTestFinished(source.close)
    const door = await openDoor({ ingest: false, tls: { source, requireCertificate: true } })
    await door.register('bus-07', 'trans-binjai-bus')
    const client = await mqtt.connectAsync(`mqtts://localhost:${door.tlsPort}`, {
      ...{ reconnectPeriod: 0, ca: readFileSync(authority.file) },
      ...{ cert: readFileSync(of('bus-07.pem')), key: readFileSync(of('bus-07-key.pem')) },
    })
    onTestFinished(() => void client.end(true))
    await client.publishAsync('binjai/v1/bus/bus-07/telemetry', '{"passengers":12}', { qos: 1 })
  },
)
