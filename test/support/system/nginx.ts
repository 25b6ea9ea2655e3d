import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { endProcess, projectRoot } from './whole-system.ts'

export interface RunningNginx {
  port: number
  stop(): Promise<void>
}

export interface NginxOptions {
  dir: string
  /** Where the command centre listens. */
  upstreamPort: number
  serverName: string
  certFile: string
  keyFile: string
}

/** The real nginx with the configuration of the docs; only ports, name and files are this test's own. */
export async function startNginx({
  dir,
  upstreamPort,
  serverName,
  certFile,
  keyFile,
}: NginxOptions): Promise<RunningNginx> {
  const port = await freePort()
  const site = readFileSync(join(projectRoot, 'docs', 'nginx.conf'), 'utf8')
    .replaceAll('komando.binjai.go.id', serverName)
    .replace('127.0.0.1:8080', `127.0.0.1:${upstreamPort}`)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace('/etc/bcc/fullchain.pem', certFile)
    .replace('/etc/bcc/key.pem', keyFile)
  mkdirSync(join(dir, 'logs'), { recursive: true })
  const own = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`)
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  writeFileSync(
    join(dir, 'nginx.conf'),
    `${user} daemon off; pid ${dir}/nginx.pid; error_log ${dir}/error.log; worker_processes 1;
events { worker_connections 512; }
http { access_log off; ${own.join(' ')}\n${site}\n}\n`,
  )
  const nginx = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  await untilListening(nginx, port)
  return { port, stop: () => endProcess(nginx) }
}

async function untilListening(nginx: ChildProcess, port: number): Promise<void> {
  let said = ''
  nginx.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  for (let tries = 0; tries < 200; tries += 1) {
    if (nginx.exitCode !== null) throw new Error(`nginx ended: ${said}`)
    if (await isTaken(port)) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`nginx does not listen: ${said}`)
}

function listenOn(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      const taken = typeof address === 'object' ? address?.port : undefined
      server.close(() => resolve(taken))
    })
  })
}

const isTaken = async (port: number) => (await listenOn(port)) === undefined

async function freePort(): Promise<number> {
  const port = await listenOn(0)
  if (port === undefined) throw new Error('there is no free port')
  return port
}
