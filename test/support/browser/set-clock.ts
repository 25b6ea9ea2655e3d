import { onTestFinished, vi } from 'vitest'

/**
 * Sets the clock of this process, and so of the servers that run in it; it goes on from there, until the end of the
 * test. Times such as `2026-11-21T03:30:00+07:00`.
 */
export function setClock(time: string): void {
  vi.unstubAllGlobals()
  const real = Date
  const shiftMs = Date.parse(time) - real.now()
  vi.stubGlobal(
    'Date',
    new Proxy(real, {
      construct: (target, given) => Reflect.construct(target, given.length === 0 ? [real.now() + shiftMs] : given),
      get: (target, key) => (key === 'now' ? () => real.now() + shiftMs : Reflect.get(target, key)),
    }),
  )
  onTestFinished(() => void vi.unstubAllGlobals())
}
