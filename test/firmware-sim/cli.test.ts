import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { newDeviceSchema } from '../../contract/http/devices.ts'
import { runSimulatorCommand } from '../../firmware-sim/cli.ts'
import { startAedes } from './brokers.ts'

function collected(): { stream: Writable; text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  return { stream, text: () => text }
}

async function sim(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const [out, err] = [collected(), collected()]
  const status = await runSimulatorCommand(argv, { out: out.stream, err: err.stream })
  return { status, out: out.text(), err: err.text() }
}

/** A stand-in for our own API: one session, a registry in memory, and a first device that is there already. */
async function startRegistry(): Promise<{ api: string; registered: Map<string, string> }> {
  const registered = new Map([['sim-load-00001', 'old key']])
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const answer = (status: number, json: unknown, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json))
    }
    if (request.url === '/api/v1/session') {
      const right = body.password === 'right'
      if (!right) return answer(401, { type: 'about:blank', title: 'Wrong user name or password', status: 401 })
      return answer(200, {}, { 'set-cookie': 'bcc_session=abc; HttpOnly; SameSite=Strict' })
    }
    if (request.headers.cookie !== 'bcc_session=abc') return answer(401, { title: 'Not logged in', status: 401 })
    const id = /^\/api\/v1\/devices\/(.+)\/key$/.exec(request.url ?? '')?.[1] ?? newDeviceSchema.parse(body).id
    if (registered.has(id) && request.url === '/api/v1/devices')
      return answer(409, { title: 'There already', status: 409 })
    registered.set(id, `key of ${id}`)
    return answer(201, { device: {}, key: `key of ${id}` })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, registered }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return JSON.parse(text)
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sim-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

describe('npm run sim', () => {
  test('prints a line a second and a summary that balances', async () => {
    const { url } = await startAedes()
    const { status, out, err } = await sim('--url', url, '--devices', '20', '--rate', '5', '--duration', '3.5')
    expect([status, err]).toEqual([0, ''])
    expect(out).toMatch(/connected 20\/20 {2}sent \d+\/s {2}acked \d+\/s {2}in flight \d+/)
    const [, measured, acknowledged, left, dropped] =
      /(\d+) readings measured, (\d+) acknowledged \(\d+\/s\), (\d+) not acknowledged, (\d+) dropped/.exec(out) ?? []
    expect(Number(measured)).toBeGreaterThan(150)
    expect(Number(acknowledged) + Number(left) + Number(dropped)).toBe(Number(measured))
  })

  test('prints the summary alone when it is to be quiet', async () => {
    const { url } = await startAedes()
    const { out } = await sim('--url', url, '--devices', '3', '--duration', '2.5', '--quiet')
    expect(out).toMatch(/^3 devices, 2\.5 s: .*\n$/)
  })

  test('registers the fleet, keeps the keys in a file of its owner, and needs the API no more with them', async () => {
    const { url, aedes } = await startAedes()
    const { api, registered } = await startRegistry()
    aedes.authenticate = (client, username, password, done) =>
      done(null, username === client.id && registered.get(client.id) === password?.toString())
    const keys = join(await folder(), 'keys.json')
    const run = ['--url', url, '--devices', '30', '--rate', '5', '--duration', '2', '--keys', keys]
    const first = await sim(...run, '--api', api, '--password', 'right')
    expect([first.status, first.err]).toEqual([0, ''])
    expect(first.out).toContain('30 devices registered')
    expect(registered.size).toBe(30)
    expect((await stat(keys)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(keys, 'utf8'))['sim-load-00001']).toBe('key of sim-load-00001')
    const second = await sim(...run)
    expect(second.status).toBe(0)
    expect(second.out).toMatch(/30 devices, .* 0 failed connections/)
  })

  test.each([
    ['an option that is not there', ['--fast'], "unknown option '--fast'"],
    ['a number that is none', ['--devices', 'many'], 'It must be a whole number.'],
    ['a parameter without value', ['--set', 'river'], 'It must look like river=bingai.'],
  ])('ends with status 2 for %s', async (_, argv, sentence) => {
    const { status, err } = await sim(...argv)
    expect(status).toBe(2)
    expect(err).toContain(sentence)
  })

  test('ends with status 0 after its help, which lists the scenarios', async () => {
    const { status, out } = await sim('--help')
    expect([status, out.includes('flood-wave')]).toEqual([0, true])
  })

  test('ends with status 1 and one sentence for what fails', async () => {
    const { url } = await startAedes()
    const { api } = await startRegistry()
    const broken = join(await folder(), 'keys.json')
    await writeFile(broken, '[]')
    const faults: [string[], RegExp][] = [
      [['--scenario', 'meteor'], /^there is no scenario "meteor"\n$/],
      [['--scenario', 'power-cut', '--set', 'area=99'], /^no kelurahan has the code "99"\n$/],
      [['--scenario', 'power-cut', '--set', 'river=x'], /^no scenario that is to be played has a parameter "river"\n$/],
      [['--scenario', 'flood-wave', '--set', 'peak=high'], /^peak must be a number, not "high"\n$/],
      [['--keys', broken], /keys\.json is not a list of keys.*\n$/],
      [['--api', api], /^--api needs --password\n$/],
      [['--api', api, '--password', 'wrong'], /^could not log in as admin: Wrong user name or password\n$/],
      [['--api', 'http://127.0.0.1:1', '--password', 'x'], /^http:\/\/127\.0\.0\.1:1 does not answer\n$/],
      [['--site', '/nowhere'], /\/nowhere/],
      [['--url', 'mqtt://127.0.0.1:1', '--duration', '1.5'], /no device could connect to mqtt:\/\/127\.0\.0\.1:1\n$/],
    ]
    for (const [argv, sentence] of faults) {
      const { status, err } = await sim('--url', url, '--devices', '2', '--duration', '1', ...argv)
      expect(status, argv.join(' ')).toBe(1)
      expect(err).toMatch(sentence)
    }
  })
})
