import type { CommandMessage } from '../../contract/ports/control.ts'

/** What a device gets: `{"id","name","args"?,"expiresAt"}`. The same command has the same bytes each time. */
export function payloadOfCommand({ id, name, args, expiresAt }: CommandMessage): Buffer {
  return Buffer.from(JSON.stringify({ id, name, ...(args !== undefined && { args }), expiresAt }))
}

/** Ends each of ours: `"expiresAt":"2026-11-30T08:05:00.000Z"}`. Our own text, so nothing else need be looked at. */
const ending = /"expiresAt":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"\}$/
const endingBytes = 40
const beginning = /^\{"id":"([0-9a-f]{16})"/
const beginningBytes = 32

/** It is a command whose time is over. */
export function isOver(payload: Buffer | undefined, nowMs: number): boolean {
  const [, expiresAt] = ending.exec(payload?.subarray(-endingBytes).toString('latin1') ?? '') ?? []
  return expiresAt !== undefined && Date.parse(expiresAt) <= nowMs
}

/** Of a command; `undefined` of any other message. */
export function commandIdIn(payload: Buffer | string | undefined): string | undefined {
  return beginning.exec(
    Buffer.from(payload ?? '')
      .subarray(0, beginningBytes)
      .toString('latin1'),
  )?.[1]
}
