import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import type { Actor } from '../../contract/http/audit.ts'
import type { CredentialStore } from '../../contract/ports/credentials.ts'
import type { DeviceDirectory } from '../../contract/ports/directory.ts'
import { unionOf } from '../../domain/span.ts'
import { createOwnTurn } from '../own-turn.ts'
import { type AuditLog, createAuditLog, type NoteChange } from './audit/audit-log.ts'
import { type AuditSigner, createAuditSigner } from './audit/signer.ts'
import { openDatabase } from './database.ts'
import { createCredentials } from './devices/credentials.ts'
import { createDeviceKeys } from './devices/device-keys.ts'
import { type AreaAt, createDevices, type Devices } from './devices/devices.ts'
import { createDisplayProof, createDisplays, type DisplayProof, type Displays } from './displays/displays.ts'
import { createMaintenance, type MaintenanceWindows } from './maintenance/maintenance.ts'
import { createPasswords } from './people/passwords.ts'
import { createPeople, type People } from './people/people.ts'
import {
  createSecondFactorProof,
  createSecondFactors,
  type SecondFactorProof,
  type SecondFactors,
} from './people/second-factors.ts'
import { createLoginLinks, createSessions, type LoginLinks, type Sessions } from './people/sessions.ts'
import { createTokenProof, createTokens, type TokenProof, type Tokens } from './people/tokens.ts'
import { createWalls, type KnownWalls, type Walls } from './walls/walls.ts'
import { changeMark, createRegistryWatch } from './watch.ts'

/** What changes the registry; each change is noted in the audit as that of one actor. */
export interface RegistryWriters {
  devices: Devices
  people: People
  tokens: Tokens
  displays: Displays
  walls: Walls
  maintenance: MaintenanceWindows
  secondFactors: SecondFactors
}

/** Devices, people and their sessions. Several processes may have the same one open. */
export interface Registry extends RegistryWriters {
  /** The same for somebody else: who it is stands in the audit. */
  as(actor: Actor): RegistryWriters
  audit: AuditLog
  auditSigner: AuditSigner
  tokenProof: TokenProof
  displayProof: DisplayProof
  secondFactorProof: SecondFactorProof
  /** Another text after any process wrote anything: who keeps what was proved asks this before asking again. */
  changeMark(): Promise<string>
  sessions: Sessions
  loginLinks: LoginLinks
  /** As the broker asks. */
  credentials: CredentialStore
  /** As ingest asks. */
  directory: DeviceDirectory
  /** Calls back within 300 ms after any process changed a device, and once at the start. Returns a way to stop. */
  watch(onChange: () => void): () => void
  /** Throws when the database cannot be read. */
  check(): Promise<void>
  close(): Promise<void>
}

export interface RegistryOptions {
  /** SQLite file; made if there is none. */
  file: string
  /** 32 secret bytes, kept apart from the file: without them a stolen file proves no device's key. */
  pepper: Uint8Array
  /** Names the area of a device that was registered with a position only. */
  areaAt?: AreaAt
  /** How long a device's key works on after it got a new one; 0: not at all. */
  keyOverlapMs?: number
  /** Devices with ids of simulated ones may be registered and sign in. */
  allowSimulated?: boolean
  /** Whose changes they are where nobody else is named with `as`. */
  actor?: Actor
  now?: () => number
}

const defaultKeyOverlapDays = 7
const dayMs = 86_400_000
const endOverlapsEveryMs = 1000

export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  const { file, pepper, areaAt = () => null, actor = 'system:registry', now = Date.now } = options
  const { keyOverlapMs = defaultKeyOverlapDays * dayMs, allowSimulated = true } = options
  const keys = createDeviceKeys(pepper)
  const passwords = createPasswords()
  const db = await openDatabase(file)
  const changes = createRegistryWatch(db)
  const turn = createOwnTurn()
  const knownWalls: KnownWalls = new Map()
  const shared = { db, keys, now, allowSimulated, turn }
  const auditSigner = createAuditSigner(join(dirname(file), 'audit-key'))
  const audit = createAuditLog({ db, signer: auditSigner, now, turn })
  function as(who: Actor): RegistryWriters {
    const note: NoteChange = (transaction, entry) => audit.note(transaction, who, entry)
    return {
      devices: createDevices({ ...shared, areaAt, keyOverlapMs, note, wrote: changes.wroteHere }),
      people: createPeople({ db, passwords, note, now }),
      tokens: createTokens({ db, pepper, note, now }),
      displays: createDisplays({ db, note, now }),
      walls: createWalls({ db, note, known: knownWalls }),
      maintenance: createMaintenance({ db, note, now, turn, wrote: changes.wroteHere, actor: who }),
      secondFactors: createSecondFactors({ db, pepper, note, now }),
    }
  }
  const writers = as(actor)
  const { devices } = writers

  /** Also ends overlaps on time, so that whoever watches hears of it as of any other change. */
  function watch(onChange: () => void): () => void {
    const stopWatch = changes.watch(onChange)
    const timer = setInterval(() => {
      // A registry that is locked for a moment, or being closed: the next turn tries again, and no such key works.
      devices.endOverlaps().catch(() => undefined)
    }, endOverlapsEveryMs).unref()
    return () => {
      clearInterval(timer)
      stopWatch()
    }
  }

  return {
    ...writers,
    as,
    audit,
    auditSigner,
    tokenProof: createTokenProof({ db, pepper, now }),
    displayProof: createDisplayProof({ db, now }),
    secondFactorProof: createSecondFactorProof({ db, pepper, now }),
    changeMark: () => changeMark(db),
    sessions: createSessions({ db, audit, now }),
    loginLinks: createLoginLinks({ db, now }),
    credentials: createCredentials({ ...shared, watch }),
    directory: {
      async list() {
        const { changed, maintenance } = await devices.changesSince(0)
        return changed.map((device) => ({ ...device, maintenance: unionOf(maintenance.get(device.id) ?? []) }))
      },
      watch: changes.watch,
    },
    watch: changes.watch,
    async check() {
      await sql`select last from counter`.execute(db)
    },
    async close() {
      changes.close()
      await db.destroy()
    },
  }
}
