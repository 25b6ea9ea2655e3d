import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deviceIdPattern, deviceTopic, isUplinkChannel, kinds, parseDeviceTopic } from '../../contract/topics.ts'

const root = 'binjai/v1'
const anyId = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,62}$/)

describe('device ids', () => {
  test.each(['a1', 'sim-bus-01', '0-0', 'x'.repeat(63)])('%s is one', (id) => {
    expect(deviceIdPattern.test(id)).toBe(true)
  })

  test.each([
    '',
    'a',
    '-a',
    'Bus',
    'bus_1',
    'bus/1',
    'bus+',
    'bus#',
    'bus 1',
    'bus\n1',
    'bus\n',
    'büs',
    '../x',
    'x'.repeat(64),
  ])('%j is none', (id) => {
    expect(deviceIdPattern.test(id)).toBe(false)
  })
})

describe('parseDeviceTopic', () => {
  test('takes apart what deviceTopic put together', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        anyId,
        fc.constantFrom('telemetry', 'status'),
        (kind, deviceId, channel) => {
          const topic = { kind, deviceId, channel }
          expect(parseDeviceTopic(root, deviceTopic(root, topic))).toEqual(topic)
        },
      ),
    )
  })

  test.each([
    '',
    'binjai/v1',
    'binjai/v1/',
    'binjai/v1/bus',
    'binjai/v1/bus/sim-bus-01',
    'binjai/v1/bus/sim-bus-01/',
    'binjai/v1/bus/sim-bus-01/telemetry/extra',
    'binjai/v1/tram/sim-bus-01/telemetry',
    'binjai/v1/constructor/sim-bus-01/telemetry',
    'binjai/v1/bus/SIM/telemetry',
    'binjai/v10/bus/sim-bus-01/telemetry',
    'medan/v1/bus/sim-bus-01/telemetry',
    '/binjai/v1/bus/sim-bus-01/telemetry',
  ])('refuses %j', (topic) => {
    expect(parseDeviceTopic(root, topic)).toBeUndefined()
  })

  test('never throws, and never hands on an id outside its charset', () => {
    const tail = fc.string({ unit: 'binary', maxLength: 80 })
    fc.assert(
      fc.property(tail, (text) => {
        const parsed = parseDeviceTopic(root, `${root}/${text}`)
        expect(parsed === undefined || deviceIdPattern.test(parsed.deviceId)).toBe(true)
      }),
    )
  })
})

test('only devices publish telemetry, status, events and command results', () => {
  const channels = ['telemetry', 'status', 'event', 'command-result', 'command', '', 'toString']
  expect(channels.filter(isUplinkChannel)).toEqual(['telemetry', 'status', 'event', 'command-result'])
})
