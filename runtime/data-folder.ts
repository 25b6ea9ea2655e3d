import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Config, ConfigError } from './config.ts'
import { requirePrivateFolder } from './private-files.ts'

/**
 * Keeps a second process of the same part away from a data folder: two writers of one journal would lose what they
 * acknowledged. The lock is the operating system's, held by an open transaction, and goes with the process.
 * Throws ConfigError when somebody has it.
 */
export function lockFolder({ dataDir, socketDir }: Config, part: string): void {
  for (const folder of [join(dataDir, 'run'), socketDir]) requirePrivateFolder(folder)
  const lock = new DatabaseSync(join(dataDir, 'run', `${part}.lock`), {
    timeout: part === 'start' ? 0 : waitForOldMs,
  })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch {
    throw new ConfigError([
      `Another process already runs the ${part} part on ${dataDir}: stop it, or set BCC_DATA_DIR.`,
    ])
  }
  heldLocks.push(lock)
}

/** After a supervisor that was killed, its roles end by themselves within a few seconds. */
const waitForOldMs = 3000

/** Referenced for as long as the process lives: a lock that is collected is a lock that is open. */
const heldLocks: DatabaseSync[] = []

/** 32 bytes that make key hashes worthless without this file. */
export function readSecret({ dataDir }: Config): Buffer {
  const path = join(dataDir, 'secret')
  mkdirSync(join(dataDir, 'run'), { recursive: true, mode: 0o700 })
  if (!existsSync(path)) makeSecret(path)
  return readFileSync(path)
}

/** Whole or not at all, also when several roles start at once on a new folder. */
function makeSecret(path: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, randomBytes(32), { mode: 0o600, flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(draft)
  }
}

/** Where the system listens, for whoever finds only its folder. One that is `undefined` is taken out. */
export function recordPorts({ dataDir }: Config, ports: Record<string, number | undefined>): void {
  const path = join(dataDir, 'ports.json')
  writeFileSync(`${path}.new`, `${JSON.stringify({ ...recordedPorts(path), ...ports })}\n`)
  renameSync(`${path}.new`, path)
}

function recordedPorts(path: string): object {
  try {
    return Object(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return {}
  }
}
