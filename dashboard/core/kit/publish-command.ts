import type { Pipeline } from '../../../contract/http/pipeline.ts'
import { withoutBrackets } from '../../../contract/net/address.ts'
import { isLoopback } from '../../../contract/net/loopback.ts'
import { findProfile } from '../../../contract/profiles/index.ts'
import type { Kind } from '../../../contract/topics.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** A reading that this profile accepts, without a time: the server's clock is taken. */
function examplePayload(profileId: string): string {
  const example = findProfile(profileId)?.examples.accepted[0]?.payload
  if (typeof example !== 'object' || example === null) return '{}'
  const { ts: _ts, seq: _seq, ...reading } = example as Record<string, unknown>
  return JSON.stringify(reading)
}

export interface PublishCommandParts {
  host: string
  id: string
  kind: Kind
  profile: string
  key: string
  /** What the broker said of its doors. */
  broker: Pick<Pipeline['broker'], 'mqtt' | 'open'> | undefined
}

/**
 * A command line that sends one reading as this device, to be pasted into a shell. Over TLS where plain MQTT cannot be
 * reached from there. `undefined`: where devices come in is not known.
 */
export function publishCommand({ host, id, kind, profile, key, broker }: PublishCommandParts): string | undefined {
  if (!broker?.mqtt) return undefined
  const { port, tlsPort, topicRoot } = broker.mqtt
  const name = withoutBrackets(host)
  const overTls = tlsPort !== null && !broker.open && !isLoopback(name)
  const door = overTls ? `-p ${tlsPort} --tls-use-os-certs` : `-p ${port}`
  const topic = `${topicRoot}/${kind}/${id}/telemetry`
  return `mosquitto_pub -h ${name} ${door} -i ${id} -u ${id} -P ${quoted(key)} -q 1 -t ${topic} -m ${quoted(examplePayload(profile))}`
}
