import type { z } from 'zod'
import { whole } from './setting-types.ts'

/** Bounds of what one peer may ask for. Each is generous to an honest heavy user, and counted when it is reached. */

const count = (fallback: number, least = 1, most = maxCount) => whole({ least, most }).default(fallback)

/** More of anything than one machine has. */
const maxCount = 1_000_000_000
/** MQTT 3.1.1, 1.5.3: the length of a text is two bytes. */
const maxTextBytes = 65_535

export const limitSettings = {
  BCC_MAX_CONNECT_BYTES: count(1024, 64, 4_194_304).describe('Bytes of a first MQTT packet'),
  BCC_MAX_PACKET_BYTES: count(262_144, 1024, 4_194_304).describe('Bytes of any later MQTT packet'),
  BCC_MAX_TOPIC_BYTES: count(128, 32, maxTextBytes).describe('Bytes of a topic'),
  BCC_MAX_TOPIC_LEVELS: count(8, 4, maxTextBytes).describe('Levels of a topic'),
  BCC_MAX_CLIENT_ID_BYTES: count(128, 23, maxTextBytes).describe('Bytes of an MQTT client id'),
  BCC_MAX_KEEPALIVE_S: count(300, 10, maxTextBytes).describe(
    'Longest MQTT keepalive, seconds; a longer one, or none, counts as this',
  ),
  BCC_MAX_MESSAGES_PER_S: count(2000).describe('Messages a second of one device; beyond it its socket is read slower'),
  BCC_MAX_MESSAGE_BURST: count(4000).describe('Messages that one device may send at once after a quiet time'),
  BCC_MAX_BYTES_PER_S: count(524_288, 1024).describe(
    'Bytes a second of one device; beyond it its socket is read slower',
  ),
  BCC_MAX_BYTE_BURST: count(2_097_152, 1024).describe('Bytes that one device may send at once after a quiet time'),
  BCC_MAX_CONNECTIONS_PER_ADDRESS: count(8192).describe('MQTT connections from one address'),
  BCC_MAX_PENDING_CONNECTIONS: count(8192, 16).describe(
    'MQTT connections that have not said who they are; past it the oldest of the address with most of them goes',
  ),
  BCC_MAX_FAILED_LOGINS: count(10).describe(
    'Wrong keys a minute of one user name from one address; further ones are answered late',
  ),
  BCC_MAX_TAKEOVERS: count(6, 2).describe('Times a minute that connections of one device may end each other'),
  BCC_MAX_QUEUE_MESSAGES: count(100).describe('Commands that wait for a device which is away; past it the oldest goes'),
  BCC_MAX_QUEUE_BYTES: count(262_144, 1024).describe('Bytes of those commands'),
  BCC_MAX_RETAINED_BYTES: count(1024, 0).describe('Bytes of a retained status; a longer one is taken, not retained'),
  BCC_MAX_SERVICES: count(200).describe('MQTT connections of services, of all tokens together'),
  BCC_MAX_CONNECTIONS_PER_SERVICE: count(20).describe(
    'MQTT connections of one service token, each with its own client id',
  ),
  BCC_MAX_SERVICE_SUBSCRIPTIONS: count(64).describe('Topic filters that one connection of a service may subscribe to'),
  BCC_MAX_SERVICE_QUEUE_BYTES: count(4_194_304, 1024).describe(
    'Memory of messages that wait for one connection of a service; past it the oldest are dropped, and counted',
  ),
  BCC_MAX_HTTP_CONNECTIONS: count(8192, 16).describe(
    'HTTP connections, as far as the limit of open files leaves room; past it the address with most strangers loses the one that was idle longest',
  ),
  BCC_MAX_HTTP_CONNECTIONS_PER_ADDRESS: count(512, 8).describe(
    'HTTP connections of one address (IPv6: of one /64) that have not proved who they are',
  ),
  BCC_MAX_HTTP_REQUESTS_PER_S: count(500).describe(
    'HTTP requests a second of one address (IPv6: of one /64) that prove nobody; further ones get 429',
  ),
  BCC_MAX_HTTP_REQUEST_BURST: count(5000).describe('Such requests of one address at once, after a quiet time'),
} as const

type Limits = { [Name in keyof typeof limitSettings]: z.infer<(typeof limitSettings)[Name]> }

/** The broker's names for them. */
export function brokerLimits(settings: Limits) {
  return {
    connectBytes: settings.BCC_MAX_CONNECT_BYTES,
    packetBytes: settings.BCC_MAX_PACKET_BYTES,
    topicBytes: settings.BCC_MAX_TOPIC_BYTES,
    topicLevels: settings.BCC_MAX_TOPIC_LEVELS,
    clientIdBytes: settings.BCC_MAX_CLIENT_ID_BYTES,
    keepaliveS: settings.BCC_MAX_KEEPALIVE_S,
    messagesPerS: settings.BCC_MAX_MESSAGES_PER_S,
    messageBurst: settings.BCC_MAX_MESSAGE_BURST,
    bytesPerS: settings.BCC_MAX_BYTES_PER_S,
    byteBurst: settings.BCC_MAX_BYTE_BURST,
    connectionsPerAddress: settings.BCC_MAX_CONNECTIONS_PER_ADDRESS,
    pendingConnections: settings.BCC_MAX_PENDING_CONNECTIONS,
    failedLoginsPerMinute: settings.BCC_MAX_FAILED_LOGINS,
    takeoversPerMinute: settings.BCC_MAX_TAKEOVERS,
    queueMessages: settings.BCC_MAX_QUEUE_MESSAGES,
    queueBytes: settings.BCC_MAX_QUEUE_BYTES,
    retainedBytes: settings.BCC_MAX_RETAINED_BYTES,
    serviceConnections: settings.BCC_MAX_SERVICES,
    connectionsPerService: settings.BCC_MAX_CONNECTIONS_PER_SERVICE,
    serviceSubscriptions: settings.BCC_MAX_SERVICE_SUBSCRIPTIONS,
    serviceQueueBytes: settings.BCC_MAX_SERVICE_QUEUE_BYTES,
  }
}

/** The HTTP door's names for them. */
export function httpLimits(settings: Limits) {
  return {
    connections: settings.BCC_MAX_HTTP_CONNECTIONS,
    connectionsPerAddress: settings.BCC_MAX_HTTP_CONNECTIONS_PER_ADDRESS,
    requestsPerS: settings.BCC_MAX_HTTP_REQUESTS_PER_S,
    requestBurst: settings.BCC_MAX_HTTP_REQUEST_BURST,
  }
}
