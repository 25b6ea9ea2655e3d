import { setImmediate as turn } from 'node:timers/promises'
import type { Socket } from 'socket.io'
import type { Caller, CallerProof, Callers } from '../people/callers.ts'
import { wallRoles } from './events.ts'

/** Who is on a connection, and what proved it. */
export interface Admission {
  proof: CallerProof
  caller: Caller
}

/** A token that is shown counts alone, whatever cookie is beside it. @throws Error that the client gets as `connect_error`. */
export async function admit(socket: Pick<Socket, 'handshake' | 'request'>, callers: Callers): Promise<Admission> {
  const known = await provenBy(socket, callers)
  if (known === undefined) throw new Error('not-signed-in')
  if (!wallRoles.includes(known.caller.role)) throw new Error('not-allowed')
  return known
}

async function provenBy(
  { handshake, request }: Pick<Socket, 'handshake' | 'request'>,
  callers: Callers,
): Promise<Admission | undefined> {
  // Socket.IO types it as a record of anything: it is what the client sent.
  const { token }: { token?: unknown } = handshake.auth
  if (token === undefined) return callers.ofCookies(request)
  const proof = { token: typeof token === 'string' ? token : '' }
  const caller = await callers.of(proof, { touch: true })
  return caller === undefined ? undefined : { proof, caller }
}

export interface AdmittedClient {
  admission: Admission
  end(): void
}

export interface AdmissionCheckParts {
  callers: Callers
  changeMark: () => Promise<string>
  now: () => number
}

/** Connections that are asked about before others have their turn; there may be thousands. */
const askedAtOnce = 50

/**
 * Ends the connections of whoever has signed out, was removed, has another role, or whose session or token has ended.
 * Asks for each connection only when somebody wrote to the registry since the last time.
 */
export function createAdmissionCheck({ callers, changeMark, now }: AdmissionCheckParts) {
  let mark: string | undefined

  async function check({ admission, end }: AdmittedClient): Promise<void> {
    const present = await callers.of(admission.proof, { touch: false })
    if (present === undefined || present.role !== admission.caller.role) end()
    else admission.caller = present
  }

  return async (connections: Iterable<AdmittedClient>): Promise<void> => {
    const latest = await changeMark()
    const changed = latest !== mark
    const isOver = ({ caller: { expiresAtMs } }: Admission) => expiresAtMs !== null && expiresAtMs <= now()
    const asked = [...connections].filter(({ admission }) => changed || isOver(admission))
    for (const [n, connection] of asked.entries()) {
      if (n % askedAtOnce === askedAtOnce - 1) await turn()
      await check(connection)
    }
    mark = latest
  }
}
