const maxPacketId = 65_535

/** Packet identifiers of messages of QoS 1 that are not acknowledged [MQTT-2.3.1-4]. */
export interface PacketIds {
  readonly size: number
  /** Fewer than 65,535 may be under way. */
  next(): number
  /** False: nothing was under way with it. */
  settle(id: number): boolean
}

export function createPacketIds(): PacketIds {
  const underWay = new Set<number>()
  let lastId = 0
  return {
    get size() {
      return underWay.size
    },
    next() {
      do lastId = (lastId % maxPacketId) + 1
      while (underWay.has(lastId))
      underWay.add(lastId)
      return lastId
    },
    settle: (id) => underWay.delete(id),
  }
}
