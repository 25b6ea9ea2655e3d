import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../influx/influx-process.ts'
import { endProcess, projectRoot } from '../system/whole-system.ts'

const folder = join(projectRoot, 'test', 'integrations', 'node-red')
const program = join(folder, 'node_modules', 'node-red', 'red.js')

/** Why tests that need it cannot run here; on CI that is a failure. */
export function missingNodeRed(): string | undefined {
  if (existsSync(program)) return undefined
  const reason = 'Node-RED is not installed (npm ci --prefix test/integrations/node-red)'
  if (process.env.CI === 'true') throw new Error(reason)
  process.stderr.write(`skipped: ${reason}\n`)
  return reason
}

export interface RunningNodeRed {
  /** Puts nodes in the place of all that there are. */
  deploy(flows: unknown): Promise<void>
  /** Presses the button of an inject node. */
  press(nodeId: string): Promise<void>
  /** What it wrote so far, debug nodes with `console` included. */
  output(): string
  stop(): Promise<void>
}

/** The real Node-RED, on a port and in a folder of its own. */
export async function startNodeRed(dir: string): Promise<RunningNodeRed> {
  const port = await freePort()
  const settings = {
    ...{ uiPort: port, uiHost: '127.0.0.1', flowFile: 'flows.json', credentialSecret: false },
    ...{ telemetry: { enabled: false, updateNotification: false }, logging: { console: { level: 'info' } } },
  }
  writeFileSync(join(dir, 'settings.js'), `module.exports = ${JSON.stringify(settings)}\n`)
  const args = [program, '--userDir', dir, '--settings', join(dir, 'settings.js')]
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      text += bytes.toString()
    })
  }
  const url = `http://127.0.0.1:${port}`

  async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<void> {
    const response = await fetch(url + path, {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json', ...headers },
    })
    if (!response.ok) throw new Error(`Node-RED: ${response.status} ${await response.text()}`)
  }

  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => {
      if (text.includes('Started flows')) resolve()
    })
    child.once('exit', () => reject(new Error(`Node-RED ended:\n${text}`)))
  })
  return {
    deploy: (flows) => post('/flows', flows, { 'node-red-deployment-type': 'full' }),
    press: (nodeId) => post(`/inject/${nodeId}`, {}),
    output: () => text,
    stop: () => endProcess(child),
  }
}
