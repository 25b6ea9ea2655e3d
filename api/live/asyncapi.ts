import { z } from 'zod'
import {
  commandsEveryMs,
  deltaEveryMs,
  displaysEveryMs,
  heartbeatEveryMs,
  pipelineEveryMs,
  wallNamespace,
} from '../../contract/live.ts'
import { liveSchemas, watchAnswerSchema } from '../../contract/live-schemas.ts'
import { sessionCookie } from '../people/session-cookie.ts'
import { wallEvents } from './events.ts'

type EventName = keyof typeof liveSchemas

const watchAnswerId = z.globalRegistry.get(watchAnswerSchema)?.id ?? ''
const refTo = '#/components/schemas/'

/** When each event comes, and what it is for. */
const words: Record<EventName, string> = {
  snapshot: 'All that is watched, on joining and after `resync` and `watch`, at most once a second.',
  delta:
    `What changed since the frame before, at most every ${deltaEveryMs} ms, the newest value of each device. Whoever acknowledges ` +
    'it (the callback of the event) owes two at most and gets the next with all that came meanwhile; whoever never does gets every one, and is cut off when 1 MB waits.',
  heartbeat: `Every ${heartbeatEveryMs} ms: the server is there, and by \`canaryAt\` whether data flows.`,
  pipeline: `Every ${pipelineEveryMs} ms: counters of the way from the broker to the store.`,
  displays: `Every ${displaysEveryMs} ms: the paired screens of the city.`,
  walls: 'On joining and after each change: the walls that are described.',
  commands: `At most every ${commandsEveryMs} ms: commands to devices that changed, as they are now. For roles of the console.`,
  resync: 'Asks for a snapshot: a number was left out.',
  watch:
    'Asks for a part of the city by kind and box, `{}` for all of it. A snapshot of it follows; a device that comes in is then told whole, one that leaves it stands in `removed`.',
  report: 'What a paired screen says of itself; heard from no one else.',
}

/** AsyncAPI 3.0, from the schemas that the stream is tested against. */
function describeLive(): object {
  const names = Object.keys(wallEvents) as EventName[]
  const schemas = jsonSchemas()
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Live stream',
      version: '1',
      description:
        `Socket.IO 4, namespace \`${wallNamespace}\`, path \`/socket.io/\`. Every message is one Socket.IO event; its payload is the first ` +
        'argument. Times are RFC 3339 in UTC.',
    },
    defaultContentType: 'application/json',
    servers: {
      city: {
        host: '{host}',
        protocol: 'wss',
        description: 'Port of the HTTP API; `ws` where no certificate is set.',
        variables: { host: { description: 'Name and port', default: 'localhost:8080' } },
        security: [{ $ref: '#/components/securitySchemes/token' }, { $ref: '#/components/securitySchemes/session' }],
      },
    },
    channels: {
      wall: {
        address: wallNamespace,
        messages: Object.fromEntries(
          [...names, 'watchAnswer'].map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations: Object.fromEntries(names.map((name) => [name, operation(name)])),
    components: {
      messages: {
        ...Object.fromEntries(names.map((name) => [name, message(name)])),
        watchAnswer: { name: 'watch (acknowledgement)', payload: { $ref: `${refTo}${watchAnswerId}` } },
      },
      schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: '`auth: { token }` of the handshake.' },
        session: { type: 'httpApiKey', in: 'cookie', name: sessionCookie, description: 'A person who has signed in.' },
      },
    },
  }
}

/** In the acknowledgement of the event. */
const reply = {
  channel: { $ref: '#/channels/wall' },
  messages: [{ $ref: '#/channels/wall/messages/watchAnswer' }],
}

function operation(name: EventName) {
  const { from, access } = wallEvents[name]
  return {
    action: from === 'server' ? 'send' : 'receive',
    channel: { $ref: '#/channels/wall' },
    summary: words[name],
    messages: [{ $ref: `#/channels/wall/messages/${name}` }],
    ...(name === 'watch' && { reply }),
    'x-roles': [...access],
  }
}

function message(name: EventName) {
  const none = name === 'resync'
  return { name, ...(!none && { payload: { $ref: `${refTo}${schemaId(name)}` } }) }
}

function schemaId(name: EventName): string {
  return z.globalRegistry.get(liveSchemas[name])?.id ?? name
}

/** All shapes of the stream and what they are made of, by name. */
function jsonSchemas(): Record<string, unknown> {
  const { schemas: known } = z.toJSONSchema(z.globalRegistry, { uri: (id) => `${refTo}${id}`, unrepresentable: 'any' })
  const found: Record<string, unknown> = {}
  function add(id: string): void {
    if (Object.hasOwn(found, id)) return
    const { $schema: _dialect, $id: _name, ...schema } = known[id] ?? {}
    found[id] = schema
    for (const [, other = ''] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g)) add(other)
  }
  for (const name of Object.keys(liveSchemas) as EventName[]) if (name !== 'resync') add(schemaId(name))
  add(watchAnswerId)
  return found
}

/** YAML in blocks; every text is quoted as in JSON, which YAML 1.2 reads. */
function yaml(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return ` ${JSON.stringify(value)}\n`
  const isList = Array.isArray(value)
  const entries = Object.entries(value)
  if (entries.length === 0) return isList ? ' []\n' : ' {}\n'
  const lines = entries.map(([key, inner]) => {
    const head = isList ? '-' : `${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)}:`
    return `${indent}${head}${yaml(inner, `${indent}  `)}`
  })
  return `\n${lines.join('')}`
}

/** The text of `docs/live.asyncapi.yaml`. */
export function liveDocument(): string {
  return `# Made by \`node api/live/asyncapi.ts\`.${yaml(describeLive())}`
}

if (import.meta.main) process.stdout.write(liveDocument())
