import type { Express, Request } from 'express'
import type { Command } from '../../../contract/http/commands.ts'
import { problem } from './scripted-registry.ts'

const at = (nowMs: number, secondsAgo: number) => new Date(nowMs - secondsAgo * 1000).toISOString()

/** A command as it has just been made by somebody, with what is different. */
export function scriptedCommand(nowMs: number, n: number, more: Partial<Command> = {}): Command {
  const nothing = { approvedBy: null, approvedAt: null, endedBy: null, endedAt: null, offeredAt: null, sentAt: null }
  return {
    ...{ id: n.toString(16).padStart(16, '0'), deviceId: 'bus-01', name: 'report', dangerous: false, state: 'waiting' },
    ...{ createdBy: 'user:siti', createdAt: at(nowMs, n), expiresAt: at(nowMs, n - 300) },
    ...{ ...nothing, acknowledged: null, answeredAt: null, error: null },
    ...more,
  }
}

/** One of each that a page has words for. */
export function scriptedCommands(nowMs: number): Command[] {
  const sent = { offeredAt: at(nowMs, 20), sentAt: at(nowMs, 20), acknowledged: true }
  const one = (n: number, more: Partial<Command>) => scriptedCommand(nowMs, n, more)
  return [
    one(10, { state: 'waiting-approval', name: 'reboot', dangerous: true }),
    one(11, { state: 'waiting-approval', name: 'reboot', dangerous: true, createdBy: 'user:uji', deviceId: 'cctv-01' }),
    one(12, { args: { text: 'Halte ditutup sementara karena banjir', seconds: 60 }, name: 'show-message' }),
    one(13, { offeredAt: at(nowMs, 9) }),
    one(14, { ...sent, state: 'sent' }),
    one(15, { ...sent, state: 'sent', acknowledged: false, name: 'buzzer_on' }),
    one(20, { ...sent, state: 'done', answeredAt: at(nowMs, 15) }),
    one(21, { ...sent, state: 'failed', answeredAt: at(nowMs, 15), error: 'no free memory (ENOMEM), retry later' }),
    one(400, {
      ...sent,
      state: 'done',
      answeredAt: at(nowMs, 15),
      approvedBy: 'user:budi',
      approvedAt: at(nowMs, 390),
    }),
    one(401, { state: 'expired' }),
    one(402, { state: 'expired', name: 'reboot', dangerous: true }),
    one(403, { state: 'expired', offeredAt: at(nowMs, 380) }),
    one(404, { ...sent, state: 'expired' }),
    one(500, { state: 'rejected', endedBy: 'user:budi', endedAt: at(nowMs, 450), name: 'reboot', dangerous: true }),
    one(501, { state: 'cancelled', endedBy: 'user:siti', endedAt: at(nowMs, 470) }),
  ]
}

const events = [
  { type: 'command-result', payload: { id: '0000000000000015', ok: false, error: 'no free memory' } },
  { type: 'door-open', payload: { type: 'door-open', door: 2 } },
  { type: 'status-online', payload: 'online' },
  { type: 'link-connected', payload: { event: 'connected', address: '10.0.0.7' } },
]

/** Commands and events of the scripted city; `changed` tells the pages. */
export function addCommandRoutes(
  app: Express,
  { commands, nowMs, changed }: { commands: Command[]; nowMs: () => number; changed: (command: Command) => void },
): void {
  const isOpen = ({ state }: Command) => ['waiting-approval', 'waiting', 'sent'].includes(state)
  const page = (items: Command[]) => ({ items, nextCursor: null })
  app.get('/api/v1/commands', ({ query }, response) => {
    const { state = 'open' } = query
    response.json(page(commands.filter((one) => (state === 'open' ? isOpen(one) : one.state === state))))
  })
  app.get('/api/v1/devices/:id/commands', ({ params }, response) => {
    response.json(page(commands.filter(({ deviceId }) => deviceId === params.id)))
  })
  app.post('/api/v1/devices/:id/commands', ({ params, body }: Request<{ id: string }>, response) => {
    const dangerous = body.name === 'reboot'
    const state = dangerous ? 'waiting-approval' : 'waiting'
    const more = { ...body, deviceId: params.id, dangerous, state, createdBy: 'user:uji' }
    const command = scriptedCommand(nowMs(), commands.length + 1000, { ...more, createdAt: at(nowMs(), 0) })
    commands.unshift(command)
    response.status(202).json(command)
    changed(command)
  })
  app.post('/api/v1/commands/:id/:action', ({ params: { id, action } }, response) => {
    const command = commands.find((one) => one.id === id)
    if (command === undefined) return void problem(response, 404, 'unknown-command')
    const by = { by: 'user:uji', at: at(nowMs(), 0) }
    if (action === 'approve') Object.assign(command, { state: 'waiting', approvedBy: by.by, approvedAt: by.at })
    else
      Object.assign(command, { state: action === 'reject' ? 'rejected' : 'cancelled', endedBy: by.by, endedAt: by.at })
    response.json(command)
    changed(command)
  })
  app.get('/api/v1/events', ({ query }, response) => {
    const items = events.map((event, n) => ({ ...event, deviceId: String(query.device), at: at(nowMs(), 60 * n) }))
    response.json({ items, nextCursor: null })
  })
}
