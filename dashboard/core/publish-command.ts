import { withoutBrackets } from '../../contract/address.ts'
import { findProfile } from '../../contract/profiles/index.ts'
import type { Kind } from '../../contract/topics.ts'

/** As the server has them unless its settings say otherwise. */
const usual = { port: 1883, root: 'binjai/v1' }

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** A reading that this profile accepts, without a time: the server's clock is taken. */
function examplePayload(profileId: string): string {
  const example = findProfile(profileId)?.examples.accepted[0]?.payload
  if (typeof example !== 'object' || example === null) return '{}'
  const { ts: _ts, seq: _seq, ...reading } = example as Record<string, unknown>
  return JSON.stringify(reading)
}

/** A command line that sends one reading as this device, to be pasted into a shell. */
export function publishCommand(options: {
  host: string
  id: string
  kind: Kind
  profile: string
  key: string
}): string {
  const { host, id, kind, profile, key } = options
  const topic = `${usual.root}/${kind}/${id}/telemetry`
  return `mosquitto_pub -h ${withoutBrackets(host)} -p ${usual.port} -i ${id} -u ${id} -P ${quoted(key)} -q 1 -t ${topic} -m ${quoted(examplePayload(profile))}`
}
