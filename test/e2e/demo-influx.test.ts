import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { missingProgram } from '../support/influx/influx-process.ts'
import { tempDir } from '../support/system/temp-dir.ts'
import { endProcess, environmentOf, projectRoot } from '../support/system/whole-system.ts'

/** `npm run demo -- …`, in a folder of its own. */
function startDemo(args: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(projectRoot, 'main.ts'), 'demo', ...args], {
    env: { ...environmentOf(join(tempDir(), 'data')), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => endProcess(child))
  let [out, err] = ['', '']
  child.stdout.on('data', (text) => {
    out += String(text)
  })
  child.stderr.on('data', (text) => {
    err += String(text)
  })
  return { child, out: () => out, err: () => err }
}

test.each([
  ['influxd is not installed', ['--influx'], { PATH: '/nothing/here' }, 1, /apt install influxdb/],
  ['another InfluxDB is set', ['--influx'], { BCC_INFLUX_URL: 'http://127.0.0.1:9' }, 1, /leave --influx out/],
  ['an option is none', ['--influxdb'], {}, 2, /no option "--influxdb"/],
])('demo says so where %s, and nothing runs', async (_what, args, environment, code, words) => {
  const { child, err } = startDemo(args, environment)
  expect(await once(child, 'exit')).toEqual([code, null])
  expect(err()).toMatch(words)
  expect(err().trim().split('\n')).toHaveLength(1)
})

test.skipIf(missingProgram('influxd'))(
  'demo --influx has the simulated city in an influxd of its own, which ends with it',
  async () => {
    const { child, out, err } = startDemo(['--influx'])
    await expect.poll(out, { timeout: 40_000 }).toMatch(/is ready.*InfluxDB +http/s)
    const [, url = ''] = /InfluxDB +(http:\/\/127\.0\.0\.1:\d+)/.exec(out()) ?? []
    const [, query = ''] = /--data-urlencode 'q=(.*)'/.exec(out()) ?? []
    expect(query).toContain('SELECT')
    await expect
      .poll(async () => (await fetch(`${url}/query?${new URLSearchParams({ db: 'binjai', q: query })}`)).text(), {
        timeout: 40_000,
        interval: 500,
      })
      .toContain('"series"')
    await endProcess(child)
    await expect(fetch(`${url}/ping`)).rejects.toThrow()
    expect(err()).not.toMatch(/fault of ours/)
  },
  120_000,
)
