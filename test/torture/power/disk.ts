import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Random } from '../../../firmware-sim/random.ts'
import type { DiskCall } from './recording.ts'

type Change = { at: number; bytes: Buffer } | { size: number }

interface FileState {
  /** What is on the platter since the last sync of the file. */
  durable: Buffer
  /** What only the page cache holds. */
  unsynced: Change[]
  /** Size with everything that was asked for. */
  size: number
}

type NameCall = { folder: string; apply: (names: Map<string, FileState | 'folder'>) => void }

/**
 * A disk as POSIX allows it to be: a write, a change of size and a change of a folder's entries may each be lost until
 * the file, or the folder, was synced; a write may be lost sector by sector.
 */
export interface SimulatedDisk {
  apply(call: DiskCall): void
  /** Writes what one power cut could leave of it into `target`. */
  crash(random: Random, target: string): void
}

const sectorBytes = [512, 4096] as const

export function createSimulatedDisk(root: string): SimulatedDisk {
  const names = new Map<string, FileState | 'folder'>()
  const durableNames = new Map<string, FileState | 'folder'>()
  let unsyncedNames: NameCall[] = []

  function rename(folder: string, apply: NameCall['apply']): void {
    apply(names)
    unsyncedNames.push({ folder, apply })
  }

  function file(path: string): FileState | undefined {
    const found = names.get(path)
    return found === 'folder' ? undefined : found
  }

  function write(state: FileState, at: number, bytes: Buffer): void {
    state.unsynced.push({ at, bytes })
    state.size = Math.max(state.size, at + bytes.length)
  }

  function resize(state: FileState, size: number): void {
    state.unsynced.push({ size })
    state.size = size
  }

  function sync(path: string): void {
    const state = names.get(path)
    if (state === undefined || state === 'folder') {
      for (const { folder, apply } of unsyncedNames) if (folder === path) apply(durableNames)
      unsyncedNames = unsyncedNames.filter(({ folder }) => folder !== path)
      return
    }
    state.durable = withAll(state)
    state.unsynced = []
  }

  function create(path: string): void {
    const made: FileState = { durable: Buffer.alloc(0), unsynced: [], size: 0 }
    rename(dirname(path), (all) => void all.set(path, made))
  }

  function applyToFile(call: DiskCall, state: FileState): void {
    if (call.type === 'create' && call.empty) resize(state, 0)
    else if (call.type === 'write') write(state, call.at ?? state.size, call.bytes)
    else if (call.type === 'truncate') resize(state, call.size)
    else if (call.type === 'rename') {
      rename(dirname(call.path), (all) => {
        all.delete(call.path)
        all.set(call.to, state)
      })
    }
  }

  function apply(call: DiskCall): void {
    const { type, path } = call
    const state = file(path)
    if (type === 'sync') sync(path)
    else if (type === 'folder') rename(dirname(path), (all) => void all.set(path, 'folder'))
    else if (type === 'unlink') rename(dirname(path), (all) => void all.delete(path))
    else if (state !== undefined) applyToFile(call, state)
    else if (type === 'create') create(path)
  }

  return {
    apply,
    crash(random, target) {
      rmSync(target, { recursive: true, force: true })
      mkdirSync(target, { recursive: true })
      const share = shareKept(random)
      const left = new Map(durableNames)
      for (const { apply: change } of unsyncedNames) if (random() < share) change(left)
      for (const [path, state] of left) {
        if (state === 'folder' || !left.has(dirname(path))) continue
        const at = join(target, relative(root, path))
        mkdirSync(dirname(at), { recursive: true })
        writeFileSync(at, survivorOf(state, share, random))
      }
    },
  }
}

/** All, nothing, or a part of what was not synced. */
function shareKept(random: Random): number {
  const pick = random()
  if (pick < 0.15) return 0
  return pick < 0.25 ? 1 : random()
}

function withAll({ durable, unsynced, size }: FileState): Buffer {
  const whole = Buffer.alloc(
    Math.max(durable.length, size, ...unsynced.map((one) => ('at' in one ? one.at + one.bytes.length : 0))),
  )
  durable.copy(whole)
  let end = durable.length
  for (const change of unsynced) {
    if ('size' in change) {
      if (change.size < end) whole.fill(0, change.size, end)
      end = change.size
    } else {
      change.bytes.copy(whole, change.at)
      end = Math.max(end, change.at + change.bytes.length)
    }
  }
  return whole.subarray(0, end)
}

/** Sectors that were not written yet hold what was there before; beyond the old end that is nothing, read as zeros. */
function survivorOf(state: FileState, share: number, random: Random): Buffer {
  if (state.unsynced.length === 0) return state.durable
  const sector = sectorBytes[Math.floor(random() * sectorBytes.length)] ?? 512
  const parts = state.unsynced.flatMap((change): Change[] => ('at' in change ? sectorsOf(change, sector) : [change]))
  const bytes = withAll({ durable: state.durable, unsynced: parts.filter(() => random() < share), size: 0 })
  // The new size of the file may be lost while the data behind the old end is on the platter.
  const sizeIsLost = bytes.length > state.durable.length && random() < (1 - share) / 2
  return sizeIsLost ? bytes.subarray(0, state.durable.length) : bytes
}

function sectorsOf({ at, bytes }: { at: number; bytes: Buffer }, sector: number): { at: number; bytes: Buffer }[] {
  const parts: { at: number; bytes: Buffer }[] = []
  for (let from = at; from < at + bytes.length; ) {
    const next = Math.min((Math.floor(from / sector) + 1) * sector, at + bytes.length)
    parts.push({ at: from, bytes: bytes.subarray(from - at, next - at) })
    from = next
  }
  return parts
}
