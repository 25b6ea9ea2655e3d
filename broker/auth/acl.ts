import type { DeviceCredential } from '../../contract/ports/credentials.ts'
import { deviceTopic, isUplinkChannel, maxTopicBytes, parseDeviceTopic } from '../../contract/topics.ts'
import type { RefusalReason } from '../inbound/refusals.ts'

/** What one device may say and hear: only beneath its own topic, by segment. */
export interface Acl {
  /** The channel a topic belongs to, or why it is refused. */
  publish(topic: string): { channel: string } | { refused: RefusalReason }
  subscribe(filter: string): boolean
}

export function createAcl(root: string, { kind, deviceId }: DeviceCredential): Acl {
  const telemetry = deviceTopic(root, { kind, deviceId, channel: 'telemetry' })
  const command = deviceTopic(root, { kind, deviceId, channel: 'command' })
  return {
    publish(topic) {
      if (topic === telemetry) return { channel: 'telemetry' }
      if (topic.length > maxTopicBytes) return { refused: 'topic-too-long' }
      const target = parseDeviceTopic(root, topic)
      if (target === undefined) return { refused: 'unknown-topic' }
      if (target.deviceId !== deviceId || target.kind !== kind) return { refused: 'foreign-topic' }
      return isUplinkChannel(target.channel) ? { channel: target.channel } : { refused: 'unknown-topic' }
    },
    subscribe: (filter) => filter === command,
  }
}
