import { parseDeviceTopic } from '../../contract/topics.ts'

/** Levels of a device's topic behind the root: kind, id, channel. */
const deviceLevels = 3

/**
 * All topics that can be delivered have three levels behind the root. So a filter is one of eight patterns of a topic, with "+"
 * in the place of each level or not, and who hears a topic is found by eight looks into a map, however many filters there are.
 * `undefined`: no such topic matches it.
 */
export function patternOf(root: string, filter: string): string | undefined {
  if (!filter.startsWith(`${root}/`)) return undefined
  const levels = filter.slice(root.length + 1).split('/')
  const rest = levels.at(-1) === '#' ? levels.slice(0, -1) : levels
  const isOpen = rest.length < levels.length
  if (rest.length > deviceLevels || (rest.length < deviceLevels && !isOpen)) return undefined
  while (rest.length < deviceLevels) rest.push('+')
  return rest.join('/')
}

/** Last level of the topics at which states are told. */
export const stateChannel = 'state'

export function matchesStates(pattern: string): boolean {
  return pattern.endsWith('/+') || pattern.endsWith(`/${stateChannel}`)
}

/** Who may be spoken of in a topic, and the patterns that match it. */
export interface TopicKeys {
  /** Kind and id, which name the device. */
  device: string
  channel: string
  patterns: readonly string[]
}

export function topicKeys(root: string, topic: string): TopicKeys | undefined {
  const target = parseDeviceTopic(root, topic)
  return target === undefined ? undefined : keysOf(`${target.kind}/${target.deviceId}`, target.channel)
}

/** @param device kind and id, joined by "/". */
export function keysOf(device: string, channel: string): TopicKeys {
  const slash = device.indexOf('/')
  const kind = device.slice(0, slash)
  const id = device.slice(slash + 1)
  const patterns = [
    `${device}/${channel}`,
    `${device}/+`,
    `${kind}/+/${channel}`,
    `${kind}/+/+`,
    `+/${id}/${channel}`,
    `+/${id}/+`,
    `+/+/${channel}`,
    '+/+/+',
  ]
  return { device, channel, patterns }
}
