import { expect, test } from 'vitest'
import { createSound, type SoundCard } from '../../../../dashboard/core/kiosk/sound.ts'
import { someMs } from '../../../support/city/device-view.ts'

/** What would be heard, as frequencies. */
class FakeCard extends EventTarget implements SoundCard {
  state: string
  currentTime = 0
  destination = {}
  heardHz: number[] = []
  stoppedAtOnce = 0
  readonly #allowed: () => boolean

  constructor(state: string, allowed: () => boolean) {
    super()
    this.state = state
    this.#allowed = allowed
  }

  async resume(): Promise<void> {
    if (this.#allowed()) this.become('running')
  }
  async close(): Promise<void> {
    this.become('closed')
  }
  become(state: string): void {
    this.state = state
    this.dispatchEvent(new Event('statechange'))
  }
  createGain() {
    const gain = { setValueAtTime: () => undefined, linearRampToValueAtTime: () => undefined }
    return { gain, connect: () => undefined }
  }
  createOscillator() {
    const frequency = { value: 0 }
    return {
      frequency,
      connect: () => undefined,
      addEventListener: () => undefined,
      start: () => void this.heardHz.push(frequency.value),
      stop: (atS?: number) => {
        if (atS === undefined) this.stoppedAtOnce++
      },
    }
  }
}

function room({ state = 'running', allowed = (): boolean => true } = {}) {
  const cards: FakeCard[] = []
  const page = new EventTarget()
  const clock = { ms: someMs, nowMs: () => clock.ms }
  const sound = createSound({
    clock,
    page,
    openCard() {
      const opened = new FakeCard(state, allowed)
      cards.push(opened)
      return opened
    },
  })
  const card = () => {
    const last = cards.at(-1)
    if (last === undefined) throw new Error('no sound card was opened')
    return last
  }
  return { sound, clock, page, card, cards }
}

test('where nobody listens nothing sounds, and no sound card is asked for', () => {
  const { sound, cards } = room()
  sound.play('link-lost')
  sound.silence()
  expect(cards).toHaveLength(0)
  expect(sound.get()).toEqual({ wanted: false, on: false, silentUntilMs: null })
})

test('a loss falls, a test rises, and neither is near a frequency that alarms will have', () => {
  const { sound, card } = room()
  sound.listen()
  sound.play('link-lost')
  const [high = 0, low = 0] = card().heardHz
  expect(high).toBeGreaterThan(low)
  for (const hz of [high, low])
    for (const alarmHz of [440, 660, 880]) expect(Math.max(hz / alarmHz, alarmHz / hz)).toBeGreaterThanOrEqual(1.2)
})

test('silence lasts a minute to the ms, cuts what plays, and a sound that fell into it does not come later', () => {
  const { sound, clock, card } = room()
  sound.listen()
  sound.play('link-lost')
  sound.silence()
  expect(card().stoppedAtOnce).toBe(2)
  expect(sound.get().silentUntilMs).toBe(someMs + 60_000)
  clock.ms += 59_999
  sound.play('link-lost')
  sound.follow()
  expect(card().heardHz).toHaveLength(2)
  expect(sound.get().silentUntilMs).not.toBeNull()
  clock.ms += 1
  sound.follow()
  expect(sound.get().silentUntilMs).toBeNull()
  expect(card().heardHz).toHaveLength(2)
  sound.play('link-lost')
  expect(card().heardHz).toHaveLength(4)
})

test('a browser that lets nothing out is said to be mute, plays nothing late, and is asked again with a click', async () => {
  let allowed = false
  const { sound, page, card } = room({ state: 'suspended', allowed: () => allowed })
  sound.listen()
  expect(sound.get()).toMatchObject({ wanted: true, on: false })
  sound.play('link-lost')
  page.dispatchEvent(new Event('keydown'))
  expect(sound.get().on).toBe(false)
  allowed = true
  page.dispatchEvent(new Event('pointerup'))
  expect(sound.get().on).toBe(true)
  expect(card().heardHz).toEqual([])
  card().become('interrupted')
  expect(sound.get().on).toBe(false)
})

test('the test is heard during a silence too', async () => {
  const { sound, card } = room()
  sound.listen()
  sound.silence()
  sound.test()
  await expect.poll(() => card().heardHz).toEqual([540, 1080])
})

test('the last one to listen closes the sound card; the next opens another', () => {
  const { sound, card, cards } = room()
  const stops = [sound.listen(), sound.listen()]
  expect(cards).toHaveLength(1)
  for (const stop of stops) stop()
  expect(card().state).toBe('closed')
  expect(sound.get()).toEqual({ wanted: false, on: false, silentUntilMs: null })
  sound.listen()
  expect(cards).toHaveLength(2)
})

test('a browser without any sound is mute, not broken', () => {
  const sound = createSound({
    clock: { nowMs: () => someMs },
    page: new EventTarget(),
    openCard() {
      throw new Error('no sound here')
    },
  })
  const stop = sound.listen()
  sound.play('link-lost')
  sound.test()
  expect(sound.get()).toMatchObject({ wanted: true, on: false })
  stop()
})
