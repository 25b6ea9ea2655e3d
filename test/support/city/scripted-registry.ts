import type { Express, Request, Response } from 'express'
import type { Device, DeviceView } from '../../../contract/http/devices.ts'
import type { RefusalCode } from '../../../contract/http/refusal.ts'
import { findProfile } from '../../../contract/profiles/index.ts'
import { type ScriptedCity, silentDevice } from './scripted-city.ts'
import { scriptedReadings } from './scripted-readings.ts'
import { scriptedStates } from './scripted-states.ts'

/** A device as the registry's calls give it. */
function deviceOf(view: DeviceView): Device {
  return {
    ...view,
    parentId: null,
    opd: null,
    disabled: view.state === 'disabled',
    createdAt: '2026-11-01T02:00:00.000Z',
    keyCreatedAt: '2026-11-01T02:00:00.000Z',
    keyUsedAt: '2026-11-20T02:00:00.000Z',
    oldKey: null,
    revokedAt: null,
    certificateUsedAt: null,
    certificatesFrom: null,
  }
}

export const problem = (response: Response, status: number, code: RefusalCode, detail?: string) =>
  response
    .status(status)
    .type('application/problem+json')
    .json({ type: `/api/docs#problem-${code}`, title: code, status, detail })

export interface DeviceRouteParts {
  city: ScriptedCity
  /** The server's clock, ms. */
  nowMs: () => number
  onRemoved: (id: string) => void
}

/** Answers what pages ask of devices, and takes what they change. */
export function addDeviceRoutes(app: Express, { city, nowMs, onRemoved }: DeviceRouteParts): void {
  const registry = new Map<string, Partial<Device>>()
  const device = (view: DeviceView): Device => ({ ...deviceOf(view), ...registry.get(view.id) })
  const found = (request: Request, response: Response): DeviceView | undefined => {
    const view = city.devices.get(String(request.params.id))
    if (view === undefined) problem(response, 404, 'unknown-device')
    return view
  }

  app.get('/api/v1/devices', (_request, response) => {
    response.json({ items: [...city.devices.values()].map(device), nextCursor: null })
  })
  app.post('/api/v1/devices', (request, response) => {
    const { id, profile, ...rest } = request.body
    if (city.devices.has(id)) return void problem(response, 409, 'device-exists', `There is a device "${id}" already.`)
    if (findProfile(profile) === undefined) return void problem(response, 400, 'unknown-profile')
    const view = silentDevice(id, profile, {
      simulated: false,
      name: rest.name ?? id,
      lat: rest.lat ?? null,
      lon: rest.lon ?? null,
    })
    city.add(view)
    city.silence.add(id)
    city.change(id, view)
    response.status(201).json({ device: device(view), key: 'kunci-uji-sekali-tampil' })
  })
  app.get('/api/v1/devices/:id', (request, response) => {
    const view = found(request, response)
    if (view !== undefined) response.json(device(view))
  })
  app.patch('/api/v1/devices/:id', (request, response) => {
    const view = found(request, response)
    if (view === undefined) return
    registry.set(view.id, { ...registry.get(view.id), ...request.body })
    const { name, lat, lon } = request.body
    if (name !== undefined) city.change(view.id, { name })
    if (lat !== undefined) city.change(view.id, { lat, lon })
    response.json(device(view))
  })
  app.delete('/api/v1/devices/:id', (request, response) => {
    const view = found(request, response)
    if (view === undefined) return
    city.remove(view.id)
    onRemoved(view.id)
    response.status(204).end()
  })
  app.post('/api/v1/devices/:id/key', (request, response) => {
    const view = found(request, response)
    if (view === undefined) return
    const { keyCreatedAt, keyUsedAt } = device(view)
    const now = Date.now()
    const until = new Date(now + 7 * 86_400_000).toISOString()
    const oldKey = request.body?.now === true ? null : { createdAt: keyCreatedAt ?? until, usedAt: keyUsedAt, until }
    registry.set(view.id, {
      ...registry.get(view.id),
      oldKey,
      keyUsedAt: null,
      keyCreatedAt: new Date(now).toISOString(),
    })
    response.json({ device: device(view), key: 'kunci-baru-sekali-tampil' })
  })
  app.post('/api/v1/devices/:id/revoke', (request, response) => {
    const view = found(request, response)
    if (view === undefined) return
    registry.set(view.id, { ...registry.get(view.id), revokedAt: new Date().toISOString() })
    response.json(device(view))
  })
  app.get('/api/v1/devices/:id/readings', (request, response) => {
    const view = found(request, response)
    if (view !== undefined) response.json(scriptedReadings(view, request.query))
  })
  app.get('/api/v1/devices/:id/states', (request, response) => {
    const view = found(request, response)
    if (view !== undefined) response.json(scriptedStates(view, request.query))
  })
  app.get('/api/v1/maintenance', (_request, response) => {
    const hour = (n: number) => new Date(nowMs() + n * 3_600_000).toISOString()
    const window = (id: string, from: string, until: string) => ({
      ...{ id, from, until, reason: 'ganti baterai', madeBy: 'user:uji', madeAt: from },
      deviceIds: [...city.devices.keys()].slice(0, 3),
    })
    response.json({ items: [window('1', hour(-1), hour(1)), window('2', hour(2), hour(3))] })
  })
}
