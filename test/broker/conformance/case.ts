import { type ConnectParts, connack, connect } from './bytes.ts'

/** The device that a case speaks for; one of its own each, so that cases run side by side. */
export interface Subject {
  id: string
  key: string
  /** Its own topics. */
  telemetry: string
  status: string
  command: string
  /** A CONNECT that is right, but for what is given. */
  hello(parts?: ConnectParts): Buffer
}

/** What happens on a connection, in order. Connections are opened when they are first named; `a` if none is. */
export type Step = { on?: string } & (
  | { send: Buffer }
  /** Each part in a write of its own. */
  | { drip: Buffer }
  /** The very next bytes that come. */
  | { answer: Buffer }
  /** It is closed by the broker, and nothing comes before. */
  | { closed: true }
  /** It is open, nothing has come, and a PINGREQ is answered. */
  | { open: true }
  /** We close our side, or the whole connection. */
  | { end: true }
  | { destroy: true }
)

export interface Case {
  /** Begins with the statement of the MQTT 3.1.1 specification that it is about. */
  name: string
  steps(subject: Subject): Step[]
}

export function subjectOf(id: string, key: string): Subject {
  const root = `binjai/v1/bus/${id}`
  return {
    id,
    key,
    telemetry: `${root}/telemetry`,
    status: `${root}/status`,
    command: `${root}/command`,
    hello: (parts = {}) => connect({ clientId: id, userName: id, password: key, ...parts }),
  }
}

/** Connected first; then these steps. */
export function connected(name: string, steps: (subject: Subject) => Step[]): Case {
  return { name, steps: (subject) => [{ send: subject.hello() }, { answer: connack() }, ...steps(subject)] }
}

/** Bytes of a connected client after which the broker closes without a word. */
export function closes(name: string, bytes: (subject: Subject) => Buffer): Case {
  return connected(name, (subject) => [{ send: bytes(subject) }, { closed: true }])
}

/** A first packet after which the broker closes without a word. */
export function closesAtOnce(name: string, bytes: (subject: Subject) => Buffer): Case {
  return { name, steps: (subject) => [{ send: bytes(subject) }, { closed: true }] }
}

/** Bytes of a connected client, and what comes back; the connection stays. */
export function answers(name: string, bytes: (subject: Subject) => Buffer, answer: (subject: Subject) => Buffer): Case {
  return connected(name, (subject) => [{ send: bytes(subject) }, { answer: answer(subject) }, { open: true }])
}

/** A CONNECT that gets this return code, and the end unless it is 0. */
export function greets(name: string, bytes: (subject: Subject) => Buffer, code: number): Case {
  return {
    name,
    steps: (subject) => [
      { send: bytes(subject) },
      { answer: connack(code) },
      code === 0 ? { open: true } : { closed: true },
    ],
  }
}
