import type { DeviceCredential } from '../../contract/ports/credentials.ts'
import type { RefusalReason } from '../inbound/refusals.ts'
import { createOutgoing, type Outgoing, type Queued, queuedOf } from './outgoing.ts'
import type { KeptItem, SessionFile } from './session-file.ts'

export interface Subscription {
  topic: string
  qos: 0 | 1 | 2
}

/** What is on disk of a session, beside its subscriptions and commands. */
export interface SessionForm {
  credential: DeviceCredential
  clientId: string
  usedAtMs: number
}

export interface KeptSession extends SessionForm {
  /** It outlives its connection, and us. */
  lasting: boolean
  /** It was there before the connection that goes on with it, and that is told. */
  present: boolean
  subscriptions: Map<string, Subscription>
  /** Absent until something waits: most devices are never sent anything. */
  outgoing?: Outgoing
}

/** One session at most of each device; the lasting ones as they lie in the file. */
export interface KeptSessions {
  get(id: string): KeptSession | undefined
  all(): IterableIterator<[id: string, session: KeptSession]>
  begin(id: string, form: SessionForm, lasting: boolean): KeptSession
  /** Somebody uses it: keeps who and when. */
  use(id: string, session: KeptSession): void
  subscribe(id: string, subscriptions: readonly Subscription[]): void
  unsubscribe(id: string, topics: readonly string[]): void
  /** A message for it waits; for nobody, where there is no such session. */
  enqueue(id: string, packet: Queued, qos: number): void
  drop(id: string): void
}

export interface KeptSessionsParts {
  file: SessionFile
  limits: { queueMessages: number; queueBytes: number }
  refused: (reason: RefusalReason) => void
  now: () => number
}

const parts = { session: 'session', subscription: 'subscription/', command: 'command/' } as const

export function openKeptSessions({ file, limits, refused, now }: KeptSessionsParts, items: KeptItem[]): KeptSessions {
  const sessions = new Map<string, KeptSession>()
  /** Of all that waits for all devices. */
  const room = { bytes: 0 }

  function open(id: string, form: SessionForm, lasting: boolean, commands: readonly KeptItem[] = []): KeptSession {
    const session: KeptSession = { ...form, lasting, present: false, subscriptions: new Map() }
    if (commands.length > 0) session.outgoing = outgoingOf(id, lasting, commands)
    sessions.set(id, session)
    return session
  }

  function outgoingOf(id: string, lasting: boolean, commands: readonly KeptItem[]): Outgoing {
    const keep = (n: number, text: string | undefined) => {
      if (lasting) file.put(id, `${parts.command}${n}`, text)
    }
    const waiting = commands.map(({ item, form: text }) => ({ n: numberOf(item), packet: queuedOf(text) }))
    waiting.sort((one, other) => one.n - other.n)
    return createOutgoing({ limits, room, refused, keep, now }, waiting)
  }

  function load(id: string, own: readonly KeptItem[]): void {
    const of = (start: string) => own.filter(({ item }) => item.startsWith(start))
    const [form] = of(parts.session)
    // Damaged: without it the rest belongs to nobody.
    if (form === undefined) {
      for (const { item } of [...of(parts.subscription), ...of(parts.command)]) file.put(id, item, undefined)
      return
    }
    const { subscriptions } = open(id, JSON.parse(form.form), true, of(parts.command))
    for (const { item, form: qos } of of(parts.subscription)) {
      const topic = item.slice(parts.subscription.length)
      subscriptions.set(topic, { topic, qos: JSON.parse(qos) })
    }
  }

  for (const [id, own] of Map.groupBy(items, ({ device }) => device)) load(id, own)

  return {
    get: (id) => sessions.get(id),
    all: () => sessions.entries(),
    begin: open,
    use(id, session) {
      session.usedAtMs = now()
      const { lasting, credential, clientId, usedAtMs } = session
      if (lasting) file.put(id, parts.session, JSON.stringify({ credential, clientId, usedAtMs }))
    },
    subscribe(id, subscriptions) {
      const session = sessions.get(id)
      for (const { topic, qos } of subscriptions) {
        if (session === undefined || session.subscriptions.get(topic)?.qos === qos) continue
        session.subscriptions.set(topic, { topic, qos })
        if (session.lasting) file.put(id, `${parts.subscription}${topic}`, JSON.stringify(qos))
      }
    },
    unsubscribe(id, topics) {
      const session = sessions.get(id)
      for (const topic of topics) {
        const was = session?.subscriptions.delete(topic) === true
        if (was && session?.lasting === true) file.put(id, `${parts.subscription}${topic}`, undefined)
      }
    },
    enqueue(id, packet, qos) {
      const session = sessions.get(id)
      if (session === undefined) return
      session.outgoing ??= outgoingOf(id, session.lasting, [])
      session.outgoing.enqueue(packet, qos)
    },
    drop(id) {
      const session = sessions.get(id)
      if (session === undefined) return
      sessions.delete(id)
      session.outgoing?.clear()
      if (!session.lasting) return
      file.put(id, parts.session, undefined)
      for (const topic of session.subscriptions.keys()) file.put(id, `${parts.subscription}${topic}`, undefined)
    },
  }
}

function numberOf(item: string): number {
  return Number(item.slice(parts.command.length))
}
