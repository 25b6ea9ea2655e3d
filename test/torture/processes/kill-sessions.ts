import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Packet } from 'mqtt-packet'
import type { Random } from '../../../firmware-sim/random.ts'
import {
  registerBuses,
  startWholeSystem,
  type TestDevice,
  type WholeSystem,
} from '../../support/system/whole-system.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import { imbalanceOf, settled } from '../stored.ts'
import { openSession, type SessionClient } from './session-client.ts'

const fullRounds = 500
/** Of events, which go in each round; identifiers are used again as soon as they are free. */
const eventsAtOnce = 4
/** Rounds of commands for each of events. */
const commandShare = 0.1

/** What devices and broker agreed on before it was killed holds behind it. */
export const killSessions: Scenario = {
  name: 'kill-sessions',
  promise:
    'A QoS 2 event is stored once, a kept session goes on and its commands arrive, whenever the broker is killed.',
  how: '`kill -9` of the broker between PUBREC and PUBREL, or between PUBREL and PUBCOMP, of events with the same bytes; their device comes back and sends again what it must. Beside it a message without time of QoS 1 each round, and a broker that is killed with commands waiting and under way.',
  minutes: 12,
  quickScale: 0.01,
  async run(trial) {
    const { dir, scale } = trial
    const times = rounds(fullRounds, scale)
    const [device] = await registerBuses(dir, ['bus-0'])
    if (device === undefined) throw new Error('no device')
    const system = await startWholeSystem({ dir })
    try {
      const sent = await sendEvents(trial, system, device, times)
      const counters = await settled(dir)
      const commands = await sendCommands(trial, join(dir, 'commands'), rounds(fullRounds * commandShare, scale))
      return [
        { what: 'kills between PUBREC and PUBCOMP', reached: times, unit: '', better: 'more' },
        { what: 'events and messages acknowledged', reached: sent.acknowledged, unit: '', better: 'more' },
        none('stored twice, or lost', Math.abs(counters.stored - sent.acknowledged)),
        { what: 'sent again, and known again', reached: counters.duplicates, unit: '', better: 'more' },
        none('kept sessions that were gone', sent.sessionsGone),
        none('readings that the counters miss', imbalanceOf(counters)),
        {
          what: 'commands that waited, or were under way, at a kill',
          reached: commands.sent,
          unit: '',
          better: 'more',
        },
        none('commands lost, twice, changed or out of order', commands.wrong),
      ]
    } finally {
      await system.stop()
    }
  },
}

function none(what: string, reached: number): TortureFigure {
  return { what, reached, unit: '', asked: 0, better: 'less' }
}

interface Sent {
  acknowledged: number
  sessionsGone: number
}

async function sendEvents(trial: Trial, system: WholeSystem, device: TestDevice, times: number): Promise<Sent> {
  const { random, log } = trial
  const sent: Sent = { acknowledged: 0, sessionsGone: 0 }
  let client = await openSession(system.mqtt, device)
  for (let round = 0; round < times; round += 1) {
    log(`${round} of ${times}`)
    const batch = batchOf(device)
    client.send(...batch)
    const received = await answersOf(client, ['pubrec', 'puback'], batch.length)
    // Some are released already, of these some answered: whatever of it, the client has not seen it.
    const released = batch.filter(({ qos }) => qos === 2 && random() < 0.5)
    client.send(...released.map(({ messageId }) => ({ cmd: 'pubrel', messageId }) as const))
    kill(system)
    client.end()
    client = await openSession(system.mqtt, device)
    if (!client.present) sent.sessionsGone += 1
    sent.acknowledged += received
    await goOn({ client, batch, released: new Set(released), random })
  }
  client.end()
  return sent
}

type Publish = Extract<Packet, { cmd: 'publish' }> & { messageId: number }

/** Events of QoS 2 with the same bytes, and a message without time of QoS 1. */
function batchOf({ topic }: TestDevice): Publish[] {
  const event = { cmd: 'publish', topic: topic.replace('telemetry', 'event'), payload: '{"type":"same"}' } as const
  const events = Array.from(
    { length: eventsAtOnce },
    (_none, n): Publish => ({
      ...event,
      ...({ qos: 2, dup: false, retain: false } as const),
      messageId: n + 1,
    }),
  )
  const reading = { cmd: 'publish', topic, payload: '{"speed_kmh":7}', qos: 1, dup: false, retain: false } as const
  return [...events, { ...reading, messageId: eventsAtOnce + 1 }]
}

interface Going {
  client: SessionClient
  batch: Publish[]
  released: Set<Publish>
  random: Random
}

/** [MQTT-4.4.0-1]: PUBREL where it was sent, else the PUBLISH again; a PUBREL alone is right where PUBREC had come. */
async function goOn({ client, batch, released, random }: Going): Promise<void> {
  const again = batch.filter((one) => !released.has(one) && (one.qos === 1 || random() < 0.7))
  client.send(...again.map((one) => ({ ...one, dup: true })))
  await answersOf(client, ['pubrec', 'puback'], again.length)
  const events = batch.filter(({ qos }) => qos === 2)
  client.send(...events.map(({ messageId }) => ({ cmd: 'pubrel', messageId }) as const))
  await answersOf(client, ['pubcomp'], events.length)
}

/** Waits for so many of these; others are passed over. */
async function answersOf(client: SessionClient, wanted: readonly Packet['cmd'][], count: number): Promise<number> {
  for (let left = count; left > 0; ) {
    const { cmd } = await client.next()
    if (wanted.includes(cmd)) left -= 1
  }
  return count
}

function kill(system: WholeSystem): void {
  const pid = system.pid('broker')
  if (pid === undefined) throw new Error('the broker does not run')
  process.kill(pid, 'SIGKILL')
}

// ---- commands

interface CommandBroker {
  child: ChildProcess
  port: number
  command(payload: string): Promise<void>
}

const commandTopic = 'binjai/v1/bus/bus-0/command'
const commandDevice = { id: 'bus-0', key: 'any' }

async function startCommandBroker(dir: string): Promise<CommandBroker> {
  const child = fork(join(import.meta.dirname, 'command-broker.ts'), [dir])
  const [{ port }] = await once(child, 'message')
  return {
    child,
    port,
    async command(payload) {
      const answered = once(child, 'message')
      child.send({ topic: commandTopic, payload, qos: 2 })
      await answered
    },
  }
}

async function killed({ child }: CommandBroker): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Commands wait at one kill, are under way at the next, and must then be there still: each once, in order. */
async function sendCommands(
  { log, random }: Trial,
  dir: string,
  times: number,
): Promise<{ sent: number; wrong: number }> {
  let broker = await startCommandBroker(dir)
  let sent = 0
  let wrong = 0
  try {
    const first = await openSession(broker.port, commandDevice)
    first.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: commandTopic, qos: 2 }] })
    await answersOf(first, ['suback'], 1)
    first.end()
    for (let round = 0; round < times; round += 1) {
      log(`commands, ${round} of ${times}`)
      const due = Array.from({ length: 5 }, (_none, n) => `${round}/${n}`)
      for (const payload of due) await broker.command(payload)
      sent += due.length
      await killed(broker)
      broker = await startCommandBroker(dir)
      const seen = await take(await openSession(broker.port, commandDevice), due.length, Math.floor(random() * 5))
      await killed(broker)
      broker = await startCommandBroker(dir)
      const rest = await take(await openSession(broker.port, commandDevice), due.length - seen.done, 5)
      const same = rest.come.every(({ id, payload }) =>
        seen.come.some((one) => one.id === id && one.payload === payload),
      )
      const all = [...seen.come.slice(0, seen.done), ...rest.come].map(({ payload }) => payload)
      if (!same || all.join() !== due.join()) wrong += 1
    }
    return { sent, wrong }
  } finally {
    await killed(broker)
  }
}

interface Taken {
  come: { id: number; payload: string }[]
  /** So many of the first were acknowledged to their end. */
  done: number
}

async function take(client: SessionClient, count: number, done: number): Promise<Taken> {
  const come: Taken['come'] = []
  while (come.length < count) {
    const packet = await client.next()
    if (packet.cmd === 'publish') come.push({ id: packet.messageId ?? 0, payload: packet.payload.toString() })
  }
  for (const { id } of come.slice(0, done)) {
    client.send({ cmd: 'pubrec', messageId: id })
    await answersOf(client, ['pubrel'], 1)
    client.send({ cmd: 'pubcomp', messageId: id })
  }
  // Answered behind what came before: the broker has taken the acknowledgements in.
  client.send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: commandTopic, qos: 2 }] })
  await answersOf(client, ['suback'], 1)
  client.end()
  return { come, done: Math.min(done, come.length) }
}
