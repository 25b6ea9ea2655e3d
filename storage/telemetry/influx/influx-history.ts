import type { StoredEvent, StoredHistory, StoredManual, StoredState } from '../../../contract/ports/telemetry.ts'
import { uptimeClasses } from '../../../domain/state-history.ts'
import { fieldOfMetric } from './influx-schema.ts'
import { type InfluxLine, type SendBody, writeLines } from './influx-write.ts'
import { stringField, tagFault, tagsOf } from './line-protocol.ts'

/**
 * States, events and readings by hand in InfluxDB: measurements `device_state`, `device_event` and `device_manual`, whose
 * names no profile can have. Tags are those of readings and `profile`. A state lasts until the next of its device. Returns what the server refuses, in its words.
 */
export async function writeHistory({ states, events, manual = [] }: StoredHistory, send: SendBody): Promise<string[]> {
  const faults = [...states, ...events, ...manual].flatMap((record) => tagFault(record) ?? [])
  const usable = <Record extends StoredState | StoredEvent | StoredManual>(records: readonly Record[]) =>
    records.filter((record) => tagFault(record) === undefined)
  const lines: InfluxLine[] = [
    ...usable(states).map(encodeState),
    ...usable(events).map(encodeEvent),
    ...usable(manual).map(encodeManual),
  ].map((line, index) => ({ index, line }))
  await writeLines(lines, send, ({ line }, detail) => void faults.push(`${detail}: ${line.slice(0, maxToldChars)}`))
  return faults
}

const maxToldChars = 200

/**
 * `cause` is written where there is none too: a point of the same moment would keep the one from before. `up` and `down` say
 * in numbers how the state counts: InfluxQL, which knows no length of a state, makes uptime of them.
 */
function encodeState(state: StoredState): string {
  const counts = uptimeClasses[state.state]
  const numbers = `down=${counts === 'down' ? 1 : 0}`
  const fields = `cause=${stringField(state.cause ?? '')},${numbers},state=${stringField(state.state)},up=${counts === 'up' ? 1 : 0}`
  return `device_state${tagsOf(state, `,profile=${state.profile}`)} ${fields} ${state.atMs}`
}

/** Two events of one millisecond are two series: points of one series and moment would become one. */
function encodeEvent(event: StoredEvent): string {
  const further = `${event.nth === 0 ? '' : `,nth=${event.nth}`},profile=${event.profile}`
  const fields = `payload=${stringField(event.payload)},type=${stringField(event.type)}`
  return `device_event${tagsOf(event, further)} ${fields} ${event.atMs}`
}

/** Apart from the measurement of the profile, where whoever asks for all of a device would mix it with what was measured. */
export const manualMeasurement = 'device_manual'

/** `note` is written where there is none too: a point of the same moment would keep the one from before. */
function encodeManual(reading: StoredManual): string {
  const { author, role, note, receivedAtMs, metrics } = reading
  const values = Object.entries(metrics).map(([metric, value]) => {
    const field = Number.isFinite(value) ? fieldOfMetric(metric) : undefined
    return field === undefined ? '' : `,${field}=${value}`
  })
  const words = `author=${stringField(author)},note=${stringField(note ?? '')},role=${stringField(role)}`
  const tags = tagsOf(reading, `,profile=${reading.profile},source=manual`)
  return `${manualMeasurement}${tags} ${words},received_ms=${receivedAtMs}${values.join('')} ${reading.atMs}`
}
