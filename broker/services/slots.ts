/** Small numbers for devices of which somebody has to be told, so that a bit says it. */
export interface Slots {
  of(device: string): number
  find(device: string): number | undefined
  at(slot: number): string | undefined
  /** Lets go of those for which `isUsed` says no. */
  tidy(isUsed: (slot: number) => boolean): void
  clear(): void
}

export function createSlots(): Slots {
  const numbers = new Map<string, number>()
  let devices: (string | undefined)[] = []
  let free: number[] = []

  return {
    of(device) {
      const known = numbers.get(device)
      if (known !== undefined) return known
      const slot = free.pop() ?? devices.length
      devices[slot] = device
      numbers.set(device, slot)
      return slot
    },
    find: (device) => numbers.get(device),
    at: (slot) => devices[slot],
    tidy(isUsed) {
      for (const [device, slot] of numbers) {
        if (isUsed(slot)) continue
        numbers.delete(device)
        devices[slot] = undefined
        free.push(slot)
      }
    },
    clear() {
      numbers.clear()
      devices = []
      free = []
    },
  }
}
