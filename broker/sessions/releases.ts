import type { Client } from 'aedes'
import type { JournalWriter } from '../../contract/ports/journal.ts'

/** Resolves once it is on disk that a packet identifier is free again; rejects, and ends the connection, if it will not be. */
export type Release = (client: Pick<Client, 'id' | 'conn'>, messageId: number) => Promise<void>

/** PUBREL, as the journal tells it: in order with the messages, so that who reads it knows which of them are one. */
export function createReleases(journal: JournalWriter): Release {
  const nothing = { type: 'release', topic: '', payload: new Uint8Array(), qos: 0, dup: false, readings: 0 } as const

  function put(principal: string, packetId: number): Promise<void> {
    return new Promise((resolve, reject) => {
      journal.append({ ...nothing, receivedAtMs: Date.now(), principal, packetId }, (error) => {
        if (error === undefined) resolve()
        else reject(error)
      })
    })
  }

  return async ({ id, conn }, messageId) => {
    try {
      await put(id, messageId)
    } catch (error) {
      // Aedes would answer all the same.
      conn.destroy()
      throw error
    }
  }
}
