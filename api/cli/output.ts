import { iso } from '../../contract/time.ts'
import type { DeviceRecord } from '../../storage/registry/devices/device-record.ts'
import type { Person } from '../../storage/registry/people/people.ts'
import { keyTimes } from '../live/device-view.ts'

/** What a command says: an object for `--json`, lines for a person. */
export interface Answer {
  json: unknown
  text: string
  /** It could be done, and what it found is bad: exit 1, and the text goes to `err`. */
  failed?: boolean
}

/** A device as the command line shows it; the same names as in the HTTP API. */
export function deviceJson(record: DeviceRecord) {
  const { createdAtMs, keyCreatedAtMs, keyUsedAtMs, revokedAtMs, certificateUsedAtMs, certificatesFromMs, ...rest } =
    record
  return { ...rest, createdAt: iso(createdAtMs), ...keyTimes(record) }
}

export function personJson({ username, role, createdAtMs, passwordChangedAtMs }: Person) {
  return { username, role, createdAt: iso(createdAtMs), passwordChangedAt: iso(passwordChangedAtMs) }
}

/** Left-aligned columns, two blanks between; a heading and one line a row. */
export function table(heading: string[], rows: string[][]): string {
  const widths = heading.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [heading, ...rows].map(line).join('\n')
}
