import type { Connection } from './connection.ts'

/** The live stream of a page, open while somebody is signed in. */
export interface LiveStream {
  connect(): void
  disconnect(): void
  /** `undefined` while it is closed. */
  connection(): Connection | undefined
}

/** `begin`: what runs as long as a connection is open; it returns its end. */
export function createLiveStream(parts: {
  open: () => Connection
  begin: (connection: Connection) => () => void
}): LiveStream {
  let connection: Connection | undefined
  let end: (() => void) | undefined
  return {
    connection: () => connection,
    connect() {
      if (connection !== undefined) return
      connection = parts.open()
      end = parts.begin(connection)
    },
    disconnect() {
      end?.()
      end = undefined
      connection?.close()
      connection = undefined
    },
  }
}
