import { describe, expect, test } from 'vitest'
import type { LinkChange } from '../../contract/ports/journal.ts'
import type { Reading } from '../../contract/reading.ts'
import { liveOf, newDeviceState } from '../../ingest/device-state.ts'
import { stampMessage } from '../../ingest/steps/stamp.ts'
import {
  type EngineUnderTest,
  linkChange,
  message,
  morningMs,
  openEngine,
  takeAll,
} from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const minuteMs = 60_000
const hourMs = 3_600_000

function reading(ts: number | null, receivedAt = morningMs): Reading {
  return { deviceId: 'bus-07', kind: 'bus', ts, receivedAt, metrics: { speed_kmh: 1 } }
}

/** What is remembered of the bus after these entries. */
function busAfter(...entries: Parameters<typeof takeAll>[1]) {
  const under: EngineUnderTest = openEngine(tempDir())
  const memory = takeAll(under, entries)
  const notes = under.engine.ledger.notes()
  under.close()
  return { ...memory, ...liveOf(memory), notes }
}

function said(payload: object, receivedAtMs = morningMs) {
  return message(payload, { receivedAtMs })
}

describe('time', () => {
  test.each([
    ['now', 0, 0],
    ['two minutes ahead, which a clock may be', 2 * minuteMs, 2 * minuteMs],
    ['more than that ahead, which is a wrong clock', 2 * minuteMs + 1, 0],
    ['a year ahead', 365 * 24 * hourMs, 0],
    ['an hour behind', -hourMs, -hourMs],
  ])('a reading of %s', (_what, aheadMs, keptMs) => {
    const [stamped] = stampMessage([reading(morningMs + aheadMs)], newDeviceState('bus-07'))
    const clockFixed = aheadMs > 2 * minuteMs
    expect(stamped).toEqual({ tsMs: morningMs + keptMs, clockFixed, tsSource: clockFixed ? 'server' : 'device' })
  })

  test('a backlog from a fast clock keeps its distances, and ends now', () => {
    const backlog = [0, 10, 20, 30].map((s) => reading(morningMs + hourMs + s * 1000))
    const stamps = stampMessage(backlog, newDeviceState('bus-07'))
    expect(stamps.map(({ tsMs }) => tsMs - morningMs)).toEqual([-30_000, -20_000, -10_000, 0])
    expect(stamps.every(({ clockFixed }) => clockFixed)).toBe(true)
  })

  test.each([
    ['with the time of the device', (at: number) => ({ ts: at, speed_kmh: 2 })],
    ['without a time', () => ({ speed_kmh: 2 })],
  ])('when our clock is set back by an hour, the picture goes on with what comes: %s', (_what, payload) => {
    const before = said({ ts: morningMs, speed_kmh: 1 })
    const after = said(payload(morningMs + 1000), morningMs + 1000 - hourMs)
    const { metrics, receivedAtMs, notes } = busAfter(before, after)
    expect(metrics).toEqual({ speed_kmh: 2 })
    expect(receivedAtMs).toBe(morningMs + 1000 - hourMs)
    expect(notes.late).toBe(0)
  })

  test('readings without a time never share a moment, over messages too', () => {
    const memory = newDeviceState('bus-07')
    const three = [reading(null), reading(null), reading(null)]
    const moments = [...stampMessage(three, memory), ...stampMessage(three, memory)].map(({ tsMs }) => tsMs)
    expect(new Set(moments).size).toBe(6)
    expect(moments).toEqual([...moments].sort((a, b) => a - b))
  })

  test.each([0, 1, '', null, Date.UTC(2004, 11, 31), '1970-01-01T00:00:05Z', '2000-01-01T00:00:00+07:00'])(
    'a clock that was never set (%j) is replaced by ours, and it is said so',
    (ts) => {
      const memory = busAfter(said({ ts, speed_kmh: 5 }))
      expect(memory).toMatchObject({ measuredAtMs: morningMs, tsSource: 'server', clockWrong: false })
      expect(memory.notes).toMatchObject({ serverStamped: 1, clockFixed: 0 })
    },
  )

  test('the difference of the clocks is followed by live messages only', () => {
    const slow = Array.from({ length: 30 }, (_, n) =>
      said({ ts: morningMs + n * 1000 - 4000, speed_kmh: n }, morningMs + n * 1000),
    )
    const late = said({ ts: morningMs - hourMs, speed_kmh: 1 }, morningMs + 31_000)
    const memory = busAfter(...slow, late)
    expect(memory.skewMs).toBe(4000)
    expect(memory.notes.late).toBe(1)
  })
})

describe('a time that is behind', () => {
  const every = (n: number, behindMs: number, fromMs = 0) =>
    Array.from({ length: n }, (_, k) => {
      const at = morningMs + fromMs + k * 5000
      return said({ ts: at - behindMs, speed_kmh: k }, at)
    })

  test('is known from the first message on', () => {
    expect(busAfter(...every(1, 30 * 24 * hourMs)).skewMs).toBe(30 * 24 * hourMs)
  })

  test('of a device that was right before is known when nothing else has come for a while', () => {
    const right = every(3, 1000)
    expect(busAfter(...right, ...every(3, 24 * hourMs, 15_000)).skewMs).toBe(1000)
    const memory = busAfter(...right, ...every(5, 24 * hourMs, 15_000))
    expect(memory).toMatchObject({ skewMs: 24 * hourMs, measuredAtMs: morningMs + 9000, metrics: { speed_kmh: 2 } })
  })

  test('and is set right is forgotten at once', () => {
    expect(busAfter(...every(5, 24 * hourMs), ...every(1, 300, 60_000)).skewMs).toBe(300)
  })

  test('is not that of a backlog which ends now, whatever its order', () => {
    const backlog = Array.from({ length: 20 }, (_, n) => ({ ts: morningMs - n * minuteMs, passengers: n }))
    expect(busAfter(said(backlog)).skewMs).toBe(0)
    expect(busAfter(said(backlog.toReversed())).skewMs).toBe(0)
  })

  test('is not that of one reading which is ahead', () => {
    expect(
      busAfter(said([0, 24 * hourMs, 2000].map((ms) => ({ ts: morningMs - 3000 + ms, speed_kmh: 1 })))).skewMs,
    ).toBe(1000)
    expect(busAfter(said({ ts: morningMs + hourMs, speed_kmh: 1 })).skewMs).toBe(-hourMs)
  })

  test('is not known of a device that names none', () => {
    expect(busAfter(said({ speed_kmh: 1 })).skewMs).toBeNull()
  })
})

describe('the live picture', () => {
  test('late data goes into history and moves nothing back', () => {
    const now = said({ ts: morningMs, lat: 3.6, lon: 98.48, speed_kmh: 30 })
    const late = said({ ts: morningMs - hourMs, lat: 3.5, lon: 98.4, speed_kmh: 5, passengers: 9 }, morningMs + 1000)
    const memory = busAfter(now, late)
    expect(memory).toMatchObject({
      measuredAtMs: morningMs,
      lat: 3.6,
      positionAtMs: morningMs,
      receivedAtMs: morningMs + 1000,
    })
    expect(memory.metrics).toEqual({ speed_kmh: 30 })
  })

  test('a backlog of which only the newest is live ends in the same picture, in whatever order it comes', () => {
    const parts = [3, 1, 2].map((n) => ({ ts: morningMs + n, passengers: n }))
    expect(busAfter(said(parts)).metrics).toEqual({ passengers: 3 })
    expect(busAfter(...parts.map((part) => said(part))).metrics).toEqual({ passengers: 3 })
  })

  test('a partial update keeps what was known, each value with the time it is from', () => {
    const memory = busAfter(
      said({ ts: morningMs, speed_kmh: 30, passengers: 4 }),
      said({ ts: morningMs + 1000, speed_kmh: 31 }, morningMs + 1000),
      said({ ts: morningMs + 2000, speed_kmh: 32, heading_deg: 90 }, morningMs + 2000),
    )
    expect(memory.metrics).toEqual({ speed_kmh: 32, passengers: 4, heading_deg: 90 })
    expect(memory.olderMs).toEqual({ passengers: morningMs })
    const renewed = busAfter(
      said({ ts: morningMs, speed_kmh: 30, passengers: 4 }),
      said({ ts: morningMs + 1000, speed_kmh: 31 }, morningMs + 1000),
      said({ ts: morningMs + 2000, passengers: 5 }, morningMs + 2000),
    )
    expect(renewed.olderMs).toEqual({ speed_kmh: morningMs + 1000 })
  })

  test('an impossible value is set aside and named; the others of its reading stay', () => {
    const memory = busAfter(said({ ts: morningMs, speed_kmh: 900, passengers: 4 }))
    expect(memory).toMatchObject({ metrics: { passengers: 4 }, faults: ['speed_kmh'] })
    expect(
      busAfter(said({ ts: morningMs, speed_kmh: 900, passengers: 4 }), said({ ts: morningMs + 1, speed_kmh: 9 }))
        .faults,
    ).toEqual([])
  })
})

describe('a picture that stands still', () => {
  const camera = 'binjai/v1/cctv/cam-1/telemetry'
  const frames = (...ages: number[]) => {
    const under = openEngine(tempDir())
    takeAll(
      under,
      ages.map((age, n) =>
        message(
          { ts: morningMs + n * 1000, fps: 25, frame_age_s: age },
          { topic: camera, receivedAtMs: morningMs + n * 1000 },
        ),
      ),
    )
    const { frozen } = under.engine.memories.get('cam-1')
    under.close()
    return frozen
  }

  test('is frozen while its frames are old, and no longer when one is new', () => {
    expect(frames(0, 1)).toBe(false)
    expect(frames(0, 3600)).toBe(true)
    expect(frames(0, 3600, 1)).toBe(false)
  })
})

describe('the link', () => {
  const connected = (s: number) => linkChange({ event: 'connected' }, morningMs + s * 1000)
  const gone = (reason: LinkChange['reason'], s: number) =>
    linkChange({ event: 'disconnected', ...(reason === undefined ? {} : { reason }) }, morningMs + s * 1000)
  const status = (word: string, s: number) =>
    message(word, { topic: 'binjai/v1/bus/bus-07/status', receivedAtMs: morningMs + s * 1000 })

  test.each([
    ['a goodbye is the choice of the device', 'client', 'closed'],
    ['a dead socket is a loss', 'socket-closed', 'lost'],
    ['a silent one too', 'keepalive', 'lost'],
    ['and one that did what it may not', 'error: foreign-topic', 'lost'],
    ['our own end says nothing about it', 'broker-closed', 'unknown'],
  ])('%s', (_what, reason, state) => {
    expect(busAfter(connected(0), gone(reason, 1)).link).toEqual({ state, sinceMs: morningMs + 1000, reason })
  })

  test('a connection that is lost four times within two minutes flaps until it has held for two', () => {
    const losses = (...seconds: number[]) => seconds.flatMap((s) => [connected(s), gone('socket-closed', s + 1)])
    expect(busAfter(...losses(0, 2, 4)).flappingUntilMs).toBeNull()
    expect(busAfter(...losses(0, 60, 120, 180)).flappingUntilMs).toBeNull()
    expect(busAfter(...losses(0, 2, 4, 6)).flappingUntilMs).toBe(morningMs + 127_000)
    expect(busAfter(...losses(0, 2, 4, 6, 120)).flappingUntilMs).toBe(morningMs + 241_000)
    expect(busAfter(...losses(0, 2, 4, 6, 130)).flappingUntilMs).toBe(morningMs + 127_000)
  })

  test('a device that says goodbye after every message does not flap', () => {
    const goodbyes = [0, 2, 4, 6, 8].flatMap((s) => [connected(s), gone('client', s + 1)])
    expect(busAfter(...goodbyes).flappingUntilMs).toBeNull()
  })

  test('after a broker that was killed nobody is called connected, and whoever comes back is', () => {
    const restarted = linkChange({ event: 'broker-started' }, morningMs + 5000, '')
    expect(busAfter(connected(0), restarted).link.state).toBe('unknown')
    expect(busAfter(connected(0), gone('client', 1), restarted).link.state).toBe('closed')
    expect(busAfter(connected(0), restarted, connected(6)).link.state).toBe('up')
  })

  test('a key that two clients use is told until the fight is over, or the broker starts again', () => {
    const fight = linkChange({ event: 'duplicate' }, morningMs + 1000)
    const over = linkChange({ event: 'duplicate-over' }, morningMs + 2000)
    const restarted = linkChange({ event: 'broker-started' }, morningMs + 3000, '')
    expect(busAfter(connected(0), fight)).toMatchObject({ duplicate: true, link: { state: 'up', sinceMs: morningMs } })
    expect(busAfter(connected(0), fight, over).duplicate).toBe(false)
    expect(busAfter(connected(0), fight, gone('client', 2), restarted)).toMatchObject({
      duplicate: false,
      link: { state: 'closed' },
    })
  })

  test('the Will of a connection is outdated by the next one, and by data', () => {
    const lost = [connected(0), status('offline', 1), gone('keepalive', 1)]
    expect(busAfter(...lost)).toMatchObject({ status: 'offline', link: { state: 'lost' } })
    expect(busAfter(...lost, connected(2))).toMatchObject({ status: null, link: { state: 'up' } })
    expect(busAfter(status('offline', 1), said({ speed_kmh: 3 }, morningMs + 2000)).status).toBeNull()
  })

  test('late data does not undo what a device said of itself since', () => {
    const now = said({ ts: morningMs, speed_kmh: 3 })
    expect(
      busAfter(now, status('offline', 1), said({ ts: morningMs - hourMs, speed_kmh: 3 }, morningMs + 2000)).status,
    ).toBe('offline')
  })

  test('who is out of service stays so over connections and data, until it says otherwise', () => {
    const out = [
      status('{"status":"disabled","reason":"di bengkel"}', 0),
      connected(1),
      said({ speed_kmh: 3 }, morningMs + 2000),
    ]
    expect(busAfter(...out)).toMatchObject({ status: 'disabled', statusReason: 'di bengkel' })
    expect(busAfter(...out, status('online', 3))).toMatchObject({ status: 'online', statusReason: null })
  })
})
