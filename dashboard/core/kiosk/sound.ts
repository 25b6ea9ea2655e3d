import type { ServerClock } from '../connection/server-clock.ts'
import { createObservable, type Observable } from '../kit/observable.ts'

export interface SoundView {
  /** Somebody relies on hearing. */
  wanted: boolean
  /** The browser lets sounds out; Chromium does so only after a click or a key, or by its flag. */
  on: boolean
  /** Server time until which nothing is played, ms. */
  silentUntilMs: number | null
}

export interface Sound extends Observable<SoundView> {
  /** Somebody relies on hearing from now on. Returns a way to end that. */
  listen(): () => void
  /** Plays a tone now, or never: a late sound would say that something happens now. */
  play(tone: 'link-lost'): void
  /** Lets somebody hear that sounds come out, also during a silence. */
  test(): void
  /** Nothing is played for a minute, and what plays ends; what the sound was about stays as it is. */
  silence(): void
  /** Asks the browser again to let sounds out; it agrees on a click or a key. */
  resume(): void
  /** Ends a silence whose time is over; to be called once a second. */
  follow(): void
}

interface Oscillator {
  frequency: { value: number }
  connect(to: object): unknown
  addEventListener(type: 'ended', listener: () => void): void
  start(atS: number): void
  stop(atS?: number): void
}

/** What of a browser's AudioContext is used. */
export interface SoundCard {
  readonly state: string
  /** s */
  readonly currentTime: number
  readonly destination: object
  createOscillator(): Oscillator
  createGain(): {
    gain: Record<'setValueAtTime' | 'linearRampToValueAtTime', (value: number, atS: number) => unknown>
    connect(to: object): unknown
  }
  resume(): Promise<void>
  close(): Promise<void>
  addEventListener(type: 'statechange', listener: () => void): void
  removeEventListener(type: 'statechange', listener: () => void): void
}

interface Pulse {
  hz: number
  /** After the beginning of the tone, s. */
  atS: number
  lastsS: number
}

/**
 * An octave down tells that something went, up that all is well. Both frequencies keep more than 20 % away from 440,
 * 660 and 880 Hz, which belong to alarms, so that no tone is taken for another.
 */
const tones = {
  'link-lost': [
    { hz: 1080, atS: 0, lastsS: 0.35 },
    { hz: 540, atS: 0.4, lastsS: 0.6 },
  ],
  test: [
    { hz: 540, atS: 0, lastsS: 0.25 },
    { hz: 1080, atS: 0.3, lastsS: 0.35 },
  ],
} satisfies Record<string, readonly Pulse[]>

const silenceMs = 60_000
const loudness = 0.4
/** A tone that begins or ends at once clicks, s. */
const rampS = 0.015
/** What people do that a browser takes for a wish to hear. */
const gestures = ['pointerup', 'keydown']

/** Tones of the page, made by Web Audio: no file has to be there when the server is not. */
export function createSound(parts: {
  clock: Pick<ServerClock, 'nowMs'>
  /** @throws where the browser has no sound at all. */
  openCard: () => SoundCard
  /** Where clicks and keys of the page are heard. */
  page: EventTarget
}): Sound {
  const { clock, page } = parts
  const view = createObservable<SoundView>({ wanted: false, on: false, silentUntilMs: null })
  const playing = new Set<Oscillator>()
  let listeners = 0
  let card: SoundCard | undefined

  const show = (more: Partial<SoundView>) => view.set({ ...view.get(), ...more })
  const look = () => show({ on: card?.state === 'running' })
  const resume = () => void card?.resume().catch(() => undefined)
  const isSilent = () => clock.nowMs() < (view.get().silentUntilMs ?? 0)

  function open(): void {
    try {
      card = parts.openCard()
      card.addEventListener('statechange', look)
    } catch {
      card = undefined
    }
    for (const gesture of gestures) page.addEventListener(gesture, resume)
    look()
  }

  function close(): void {
    for (const gesture of gestures) page.removeEventListener(gesture, resume)
    card?.removeEventListener('statechange', look)
    void card?.close()
    card = undefined
    playing.clear()
    look()
  }

  function pulse(on: SoundCard, { hz, atS, lastsS }: Pulse): void {
    const from = on.currentTime + atS
    const till = from + lastsS
    const gain = on.createGain()
    gain.gain.setValueAtTime(0, from)
    gain.gain.linearRampToValueAtTime(loudness, from + rampS)
    gain.gain.setValueAtTime(loudness, till - rampS)
    gain.gain.linearRampToValueAtTime(0, till)
    const oscillator = on.createOscillator()
    oscillator.frequency.value = hz
    oscillator.connect(gain)
    gain.connect(on.destination)
    oscillator.addEventListener('ended', () => playing.delete(oscillator))
    playing.add(oscillator)
    oscillator.start(from)
    oscillator.stop(till)
  }

  function sound(tone: keyof typeof tones): void {
    if (card?.state !== 'running') return
    for (const one of tones[tone]) pulse(card, one)
  }

  return {
    ...view,
    listen() {
      listeners++
      if (listeners === 1) open()
      show({ wanted: true })
      return () => {
        listeners--
        if (listeners > 0) return
        close()
        show({ wanted: false, silentUntilMs: null })
      }
    },
    play(tone) {
      if (!isSilent()) sound(tone)
    },
    test() {
      void card?.resume().then(
        () => sound('test'),
        () => undefined,
      )
    },
    silence() {
      if (listeners === 0) return
      for (const oscillator of playing) oscillator.stop()
      show({ silentUntilMs: clock.nowMs() + silenceMs })
    },
    resume,
    follow() {
      if (view.get().silentUntilMs !== null && !isSilent()) show({ silentUntilMs: null })
    },
  }
}
