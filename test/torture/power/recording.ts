import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a process did to the disk, in order. Paths are absolute. */
export type DiskCall =
  | { type: 'create'; path: string; empty: boolean }
  | { type: 'folder'; path: string }
  | { type: 'write'; path: string; at: number | undefined; bytes: Buffer }
  | { type: 'truncate'; path: string; size: number }
  | { type: 'sync'; path: string }
  | { type: 'rename'; path: string; to: string }
  | { type: 'unlink'; path: string }

const traced = 'openat,pwrite64,write,fdatasync,fsync,ftruncate,rename,unlink,mkdir'

/** Runs a script of ours under strace until it ends; what it did beneath `root`. */
export function recordDisk(script: string, args: readonly string[], root: string, traceFile: string): DiskCall[] {
  const flags = ['-f', '-y', '-xx', '-s', '4000000', '-e', `trace=${traced}`, '-o', traceFile]
  const result = spawnSync('strace', [...flags, process.execPath, script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, STRACE: '1' },
  })
  if (result.status !== 0) throw new Error(`strace ended with ${result.status}: ${result.stderr.slice(-1000)}`)
  return wholeLines(readFileSync(traceFile, 'latin1')).flatMap((line) => {
    const call = parseCall(line)
    return call?.path.startsWith(root) ? [call] : []
  })
}

/** Joins what strace tore apart because another thread came in between. */
function wholeLines(text: string): string[] {
  const begun = new Map<string, string>()
  return text.split('\n').flatMap((line) => {
    const thread = line.slice(0, line.indexOf(' '))
    if (line.endsWith('<unfinished ...>')) {
      begun.set(thread, line.slice(0, -'<unfinished ...>'.length))
      return []
    }
    const resumed = /^\d+ +<\.\.\. \w+ resumed>/.exec(line)
    return [resumed === null ? line : (begun.get(thread) ?? '') + line.slice(resumed[0].length)]
  })
}

const callPattern = /^\d+ +(\w+)\((.*)\) += (-?\d+)/

function parseCall(line: string): DiskCall | undefined {
  const [, name = '', args = '', result = '-1'] = callPattern.exec(line) ?? []
  if (Number(result) < 0) return undefined
  return parsers[name]?.(args, Number(result))
}

const parsers: Record<string, (args: string, result: number) => DiskCall | undefined> = {
  openat(args) {
    const path = stringIn(args)
    if (path === undefined || !args.includes('O_CREAT')) return undefined
    return { type: 'create', path, empty: args.includes('O_TRUNC') }
  },
  mkdir: (args) => named(args, (path) => ({ type: 'folder', path })),
  unlink: (args) => named(args, (path) => ({ type: 'unlink', path })),
  rename(args) {
    const [path, to] = [...args.matchAll(/"([^"]*)"/g)].map(([, hex]) => unhex(hex).toString())
    return path === undefined || to === undefined ? undefined : { type: 'rename', path, to }
  },
  write: (args, result) =>
    opened(args, (path) => ({ type: 'write', path, at: undefined, bytes: bytesIn(args, result) })),
  pwrite64(args, result) {
    const at = Number(args.slice(args.lastIndexOf(',') + 1))
    return opened(args, (path) => ({ type: 'write', path, at, bytes: bytesIn(args, result) }))
  },
  ftruncate(args) {
    return opened(args, (path) => ({ type: 'truncate', path, size: Number(args.slice(args.lastIndexOf(',') + 1)) }))
  },
  fsync: (args) => opened(args, (path) => ({ type: 'sync', path })),
  fdatasync: (args) => opened(args, (path) => ({ type: 'sync', path })),
}

function stringIn(args: string): string | undefined {
  const hex = /"([^"]*)"/.exec(args)?.[1]
  return hex === undefined ? undefined : unhex(hex).toString()
}

function named(args: string, make: (path: string) => DiskCall): DiskCall | undefined {
  const path = stringIn(args)
  return path === undefined ? undefined : make(path)
}

/** `21<\x2f\x74…>`: the file behind the descriptor. */
function opened(args: string, make: (path: string) => DiskCall): DiskCall | undefined {
  const hex = /^\d+<([^>]*)>/.exec(args)?.[1]
  return hex?.startsWith('\\x2f') === true ? make(unhex(hex).toString()) : undefined
}

function bytesIn(args: string, written: number): Buffer {
  return unhex(/"([^"]*)"/.exec(args)?.[1]).subarray(0, written)
}

function unhex(text = ''): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex')
}

export const recordedScript = (name: string): string =>
  join(import.meta.dirname, '..', '..', 'support', 'storage', name)
