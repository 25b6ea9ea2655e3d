import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './config.ts'

/** Bits of the mode that let other users of the machine in. */
const others = 0o077

/** Files and folders that this process makes from now on are its own user's only, whoever made the data folder. */
export function keepFilesPrivate(): void {
  process.umask(others)
}

/** What this system keeps in its data folder. Anything else there is somebody's own. */
const kept =
  /^(run|journal|store|secret|admin-password|audit-key|audit-anchor\.jsonl|registry\.db.*|ports\.json|fleet-keys\.json)$/

/**
 * Closes what this system keeps in a folder to other users of the machine, whoever made it and when. Returns the paths
 * that could not be closed.
 */
export function closeToOthers(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => kept.test(name))
    .map((name) => join(folder, name))
    .flatMap((path) => [path, ...within(path)])
    .filter((path) => !close(path))
}

function within(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return []
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((entry) => join(path, entry))
}

/** True when nobody else may use it (any more). What a link leads to is not ours to close. */
function close(path: string): boolean {
  try {
    const found = lstatSync(path)
    if (found.isSymbolicLink() || (found.mode & others) === 0) return true
    chmodSync(path, found.mode & 0o700)
    return true
  } catch (error) {
    // A file that went meanwhile is open to nobody.
    return Object(error).code === 'ENOENT'
  }
}

/**
 * Makes a folder for local sockets, or takes one that only this user can have filled: whoever puts a socket of his own
 * there would be taken for one of our roles. Throws ConfigError.
 */
export function requirePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  const isOurs = found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid())
  if (isOurs && (found.mode & others) !== 0) chmodSync(folder, 0o700)
  if (!isOurs) throw new ConfigError([`${folder} belongs to another user: remove it, or set a shorter BCC_DATA_DIR.`])
}
