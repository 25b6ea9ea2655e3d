import { describe, expect, test, vi } from 'vitest'
import { createHashQueue, type Turn } from '../../../storage/registry/people/hash-queue.ts'

const limits = { atOnce: 2, most: 8, maxOfNetwork: 3, longestWaitMs: 10_000 }

/** A queue whose work is ended by the test, and the order in which it began. */
function queueOf(some: Partial<typeof limits> = {}) {
  const queue = createHashQueue({ ...limits, ...some })
  const begun: string[] = []
  const ends: (() => void)[] = []
  const busy: string[] = []
  function ask(name: string, turn: Partial<Turn> = {}): Promise<void> {
    const whole = { network: name, rank: () => 1, delayMs: () => 0, ...turn }
    const work = () => {
      begun.push(name)
      return new Promise<void>((resolve) => ends.push(resolve))
    }
    return queue.run(whole, work).catch((error: { code: string }) => {
      expect(error.code).toBe('busy')
      busy.push(name)
    })
  }
  /** One piece of work ends, and what it lets begin has begun. */
  async function end(): Promise<void> {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { ask, end, begun, busy, queue, settle: () => new Promise((resolve) => setImmediate(resolve)) }
}

describe('hashing', () => {
  test('is done for two at once, and the newest of the first rank is next', async () => {
    const { ask, end, begun, settle } = queueOf()
    for (const name of ['a', 'b']) void ask(name)
    void ask('guesser', { rank: () => 4 })
    void ask('clean')
    void ask('cleaner')
    void ask('known', { rank: () => 0 })
    await settle()
    expect(begun).toEqual(['a', 'b'])
    for (let n = 0; n < 4; n++) await end()
    expect(begun).toEqual(['a', 'b', 'known', 'cleaner', 'clean', 'guesser'])
  })

  test('comes to somebody new though another comes right behind him at every turn', async () => {
    const { ask, end, begun, settle } = queueOf({ most: 300 })
    for (let n = 0; n < 200; n++) void ask(`flood ${n}`)
    for (const person of Array.from({ length: 20 }, (_, n) => `person ${n}`)) {
      void ask(person)
      for (let turn = 0; turn < 32 && !begun.includes(person); turn++) {
        void ask('behind')
        await settle()
        await end()
      }
      expect(begun).toContain(person)
    }
  })

  test('goes by the rank that somebody has when it is his turn', async () => {
    const { ask, end, begun, settle } = queueOf()
    let ofBot = 1
    for (const name of ['a', 'b']) void ask(name)
    void ask('person')
    void ask('bot', { rank: () => ofBot })
    await settle()
    ofBot = 3
    await end()
    await end()
    expect(begun).toEqual(['a', 'b', 'person', 'bot'])
  })

  test('sends the oldest of the last rank away at its bound, and nobody before', async () => {
    const { ask, begun, busy, end, queue, settle } = queueOf()
    for (const name of ['a', 'b']) void ask(name)
    for (let n = 0; n < 8; n++) void ask(`guesser ${n}`, { rank: () => 4 })
    await settle()
    expect([busy, queue.waiting()]).toEqual([[], 8])
    void ask('clean')
    await settle()
    expect(busy).toEqual(['guesser 0'])
    for (let n = 0; n < 100; n++) void ask(`flood ${n}`, { rank: () => 4 })
    await settle()
    expect(queue.waiting()).toBe(8)
    expect(busy).not.toContain('clean')
    await end()
    expect(begun.at(-1)).toBe('clean')
  })

  test('gives one network no more than its share of the places', async () => {
    const { ask, busy, queue, settle } = queueOf()
    for (const name of ['a', 'b']) void ask(name)
    for (let n = 0; n < 4; n++) void ask(`n ${n}`, { network: 'one' })
    void ask('other')
    await settle()
    expect(busy).toEqual(['n 0'])
    expect(queue.waiting()).toBe(4)
  })

  test('of our own is bounded too, and is not one network', async () => {
    const { ask, busy, settle } = queueOf()
    for (let n = 0; n < 11; n++) void ask(`own ${n}`, { network: '', rank: () => 0 })
    await settle()
    expect(busy).toEqual(['own 2'])
  })

  test('waits for the moment of whoever is slowed, and lets others by meanwhile', async () => {
    vi.useFakeTimers()
    try {
      const { ask, end, begun, queue } = queueOf()
      let wait = 500
      const turn = { rank: () => 3, delayMs: () => wait }
      void ask('slowed', turn)
      void ask('person')
      await vi.advanceTimersByTimeAsync(300)
      expect(begun).toEqual(['person'])
      wait = 0
      await vi.advanceTimersByTimeAsync(200)
      expect(begun).toEqual(['person', 'slowed'])
      void end()
      expect(queue.waiting()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('ends a wait that is too long, and that of whoever went away', async () => {
    vi.useFakeTimers()
    try {
      const { ask, busy, queue } = queueOf()
      for (const name of ['a', 'b', 'patient']) void ask(name)
      const gone = new AbortController()
      void ask('gone', { signal: gone.signal })
      expect(queue.waiting()).toBe(2)
      gone.abort()
      await vi.advanceTimersByTimeAsync(9999)
      expect([busy, queue.waiting()]).toEqual([['gone'], 1])
      await vi.advanceTimersByTimeAsync(1)
      expect([busy, queue.waiting()]).toEqual([['gone', 'patient'], 0])
    } finally {
      vi.useRealTimers()
    }
  })
})
