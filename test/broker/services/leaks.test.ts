import type { Client } from 'aedes'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HookGuard } from '../../../broker/auth/hook-guard.ts'
import { createServiceHub } from '../../../broker/services/hub.ts'
import { keysOf, patternOf } from '../../../broker/services/patterns.ts'
import { createSlotSet, type SlotSet } from '../../../broker/services/slot-set.ts'
import { createSubscriber, type Subscriber } from '../../../broker/services/subscriber.ts'
import { coversFilter } from '../../../contract/topic-filter.ts'
import { type Door, openDoor } from '../../support/broker/door.ts'
import { connectService, makeToken, type TestService } from '../../support/broker/service.ts'

const root = 'binjai/v1'
const kinds = ['bus', 'sensor', 'cctv'] as const
const profiles = { bus: 'trans-binjai-bus', sensor: 'river-gauge', cctv: 'ip-camera' } as const
const ids = ['bus-1', 'bus-10', 'sensor-1', 'cctv-2']
const channels = ['telemetry', 'status', 'event', 'command-result', 'state']

const levelOf = (names: readonly string[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...names) }, fc.constant('+'))
const filterArbitrary = fc
  .tuple(levelOf(kinds), levelOf(ids), levelOf([...channels, 'command']), fc.integer({ min: 0, max: 5 }))
  .map(([kind, id, channel, cut]) => {
    const levels = [kind, id, channel]
    return `${root}/${(cut < 3 ? [...levels.slice(0, cut), '#'] : levels).join('/')}`
  })

test('a filter matches a topic of a device where one of its eight patterns is the same, and nowhere else', () => {
  const topic = fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(...ids), fc.constantFrom(...channels))
  fc.assert(
    fc.property(filterArbitrary, topic, (filter, [kind, id, channel]) => {
      const pattern = patternOf(root, filter)
      const matches = coversFilter(filter, `${root}/${kind}/${id}/${channel}`)
      expect(keysOf(`${kind}/${id}`, channel).patterns.includes(pattern ?? '')).toBe(matches)
    }),
    { numRuns: 20_000 },
  )
})

test.each(['#', 'a/b/c', `${root}`, `${root}/+`, `${root}/+/+`, `${root}/+/+/+/+`, 'binjai/v10/#'])(
  'no topic of a device matches %s',
  (filter) => expect(patternOf(root, filter)).toBeUndefined(),
)

test('what its token does not cover is not delivered, whatever a subscription says', () => {
  const guard: HookGuard = { hook: (_done, work) => work(), safely: (_otherwise, work) => work() }
  const nothing = () => undefined
  const subscriber = createSubscriber({
    ...{ topicRoot: root, clientId: 'a', address: '', maxSubscriptions: 1, maxWaitingBytes: () => 1e6 },
    ...{ nextState: nothing, nextStatus: nothing, guard, turns: { add: nothing } },
    credential: { service: 'a', mark: '', filters: [`${root}/bus/+/telemetry`], expiresAtMs: null },
    // Closed: it is not written to.
    client: { closed: true } as Client,
  })
  const hub = createServiceHub({ topicRoot: root, guard, outdates: nothing })
  hub.add(subscriber)
  // As if it had been granted more than it may.
  const wide: Subscriber = Object.create(subscriber, { patterns: { value: new Map([['+/+/+', 1]]) } })
  hub.resubscribed(wide, new Map())
  expect(hub.hearersOf(keysOf('bus/bus-1', 'telemetry'))).toEqual([wide])
  expect(hub.hearersOf(keysOf('bus/bus-1', 'status'))).toEqual([])
  expect(hub.hearersOf(keysOf('cctv/cctv-1', 'telemetry'))).toEqual([])
})

type Step = ['add' | 'delete' | 'take', slot: number]

/** Does a step with both, and tells whether they agree. */
function agree(set: SlotSet, model: Set<number>, [step, slot]: Step): boolean {
  if (step === 'take') {
    const taken = set.take()
    return model.size === 0 ? taken === -1 : model.delete(taken)
  }
  set[step](slot)
  model[step](slot)
  return set.size === model.size && set.has(slot) === model.has(slot)
}

test('a set of slots gives out each that is in it once, in turn', () => {
  const step: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom('add', 'delete', 'take'), fc.nat(200))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const set = createSlotSet()
      const model = new Set<number>()
      for (const one of steps) expect(agree(set, model, one)).toBe(true)
    }),
  )
})

interface Listener {
  service: TestService
  allowed: string
  granted: string[]
}

interface Sent {
  topic: string
  text: string
}

/** Subscribes to what its token says, and to two filters that may be covered by it or not. */
async function listen(door: Door, name: string, [allowed, ...asked]: [string, string, string]): Promise<Listener> {
  const service = await connectService(door, { name, token: await makeToken(door, name, [allowed]) })
  const filters = [allowed, ...asked]
  const codes = await service.subscribe(filters)
  const isCovered = (filter: string) => coversFilter(allowed, filter) && !/\/command(\/#)?$/.test(filter)
  expect(codes.map((code) => code !== 128)).toEqual(filters.map(isCovered))
  return { service, allowed, granted: filters.filter(isCovered) }
}

/** A device says five things on each of its channels, and one last. */
async function speak(door: Door, kind: keyof typeof profiles, id: string): Promise<Sent[]> {
  const client = await door.connect(id, await door.register(id, profiles[kind]))
  const topicOf = (channel: string) => `${root}/${kind}/${id}/${channel}`
  const sent = ['telemetry', 'status', 'event', 'command-result'].flatMap((channel) =>
    Array.from({ length: 5 }, (_none, n) => ({
      topic: topicOf(channel),
      text: JSON.stringify({ n, type: 'x', status: 'online' }),
    })),
  )
  for (const [n, { topic, text }] of sent.entries()) client.publish(topic, text, { qos: n % 2 === 0 ? 1 : 0 })
  const last = { topic: topicOf('telemetry'), text: '{"n":99}' }
  await client.publishAsync(last.topic, last.text, { qos: 1 })
  return [...sent, last]
}

const byTopic = (list: Sent[]) => new Map([...Map.groupBy(list, ({ topic }) => topic)].sort())

test('50 subscribers with filters of their own hear exactly what both filter and token cover, in order, each once', {
  timeout: 60_000,
}, async () => {
  const door = await openDoor({ ingest: false })
  const three = fc.tuple(filterArbitrary, filterArbitrary, filterArbitrary)
  const asked = fc.sample(three, { numRuns: 50, seed: 11 })
  const listeners = await Promise.all(asked.map((filters, n) => listen(door, `layanan-${n}`, filters)))
  expect(listeners.filter(({ granted }) => granted.length > 0).length).toBeGreaterThan(30)
  const devices = kinds.flatMap((kind) => ids.filter((id) => id.startsWith(kind)).map((id) => speak(door, kind, id)))
  const sent = (await Promise.all(devices)).flat()
  for (const { service, allowed, granted } of listeners) {
    const isDue = ({ topic }: Sent) =>
      granted.some((filter) => coversFilter(filter, topic)) && coversFilter(allowed, topic)
    const due = sent.filter(isDue)
    await expect.poll(() => service.heard.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(due.length)
    expect(byTopic(service.heard.map(({ topic, text }) => ({ topic, text })))).toEqual(byTopic(due))
  }
})
