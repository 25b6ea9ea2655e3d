import { z } from 'zod'

/** Coarse class of a thing; one level of its topic. `service` and `screen` are made by ourselves. */
export const kinds = ['bus', 'cctv', 'sensor', 'gateway', 'service', 'screen'] as const
export const kindSchema = z.enum(kinds)
export type Kind = z.infer<typeof kindSchema>

/**
 * Charset of every id that comes from outside. It keeps wildcards, path tricks, line-protocol and SQL text out of
 * topics, series and file names at once (the class of CVE-2017-7650).
 */
export const deviceIdPattern = /^[a-z0-9][a-z0-9-]{1,62}$/
export const deviceIdSchema = z
  .string()
  .regex(deviceIdPattern, 'must be 2 to 63 of a-z, 0-9 and "-", and not begin with "-"')

/** Levels a device publishes on, and those it is spoken to on. */
export const uplinkChannels = ['telemetry', 'status', 'event', 'command-result'] as const
export type UplinkChannel = (typeof uplinkChannels)[number]

export interface DeviceTopic {
  kind: Kind
  deviceId: string
  channel: string
}

/** Most bytes of a topic name (UTF-8). MQTT allows 65,535; no honest device needs more than this. */
export const maxTopicBytes = 128

/** The topic `{root}/{kind}/{deviceId}/{channel}`. */
export function deviceTopic(root: string, { kind, deviceId, channel }: DeviceTopic): string {
  return `${root}/${kind}/${deviceId}/${channel}`
}

/** Takes a topic apart by segment, never by prefix: `cctv-1` must not match `cctv-10`. */
export function parseDeviceTopic(root: string, topic: string): DeviceTopic | undefined {
  if (!topic.startsWith(`${root}/`)) return undefined
  const [kind, deviceId, channel, ...rest] = topic.slice(root.length + 1).split('/')
  if (rest.length > 0 || channel === undefined || deviceId === undefined) return undefined
  if (!isKind(kind) || !deviceIdPattern.test(deviceId) || channel === '') return undefined
  return { kind, deviceId, channel }
}

function isKind(text: string | undefined): text is Kind {
  return kinds.some((kind) => kind === text)
}

export function isUplinkChannel(channel: string): channel is UplinkChannel {
  return uplinkChannels.some((name) => name === channel)
}
