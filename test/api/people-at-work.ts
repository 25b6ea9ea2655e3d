import type { Pairing } from '../../contract/http/displays.ts'
import { changes, heard, password, type startCity } from './city-under-test.ts'

type City = Awaited<ReturnType<typeof startCity>>

/** Of people, to be recognised wherever they turn up. */
const names = ['siti.rahmawati', 'budi_hartono', 'dewi-lestari'] as const
/** Also what a name would be written with by somebody who adds a field for it. */
const traces = [...names, 'rahmawati', 'hartono', 'lestari', 'user:', '@binjaikota.go.id']

/** Names of people in what somebody was sent, each with the words around it. */
export function personalIn(text: string): string[] {
  const lower = text.toLowerCase()
  return traces.flatMap((trace) => {
    const at = lower.indexOf(trace)
    return at < 0 ? [] : [`${trace}: …${text.slice(Math.max(0, at - 40), at + 40)}…`]
  })
}

/**
 * Everything that people can have done: their names stand in the audit as those who registered, changed and revoked, who
 * signed in and who failed to. The screen `utama-1` was paired by one of them; what proves it, as a cookie.
 */
export async function peopleAtWork({ registry, outside, call }: City): Promise<string> {
  const [siti, budi, dewi] = names
  await registry.people.create({ username: siti, role: 'admin', password })
  await registry.people.create({ username: budi, role: 'operator', password })
  await registry.people.create({ username: dewi, role: 'supervisor', password })
  const sessionOf = async (name: string) => ({ cookie: `bcc_session=${(await registry.sessions.open(name)).id}` })
  const admin = registry.as(`user:${siti}`)
  for (const id of ['bus-01', 'air-01', 'cctv-01']) {
    const profile = { bus: 'trans-binjai-bus', air: 'river-gauge', cctv: 'ip-camera' }[id.split('-', 1)[0] ?? '']
    await admin.devices.create({ id, profile: profile ?? '', lat: 3.6, lon: 98.5 })
  }
  await admin.devices.patch('bus-01', { name: 'Bus 01' })
  await admin.devices.newKey('bus-01')
  await registry.as(`user:${dewi}`).maintenance.create({
    ...{ deviceIds: ['cctv-01'], until: new Date(Date.now() + 3_600_000).toISOString(), reason: `dikerjakan ${budi}` },
  })
  await registry.as(`user:${budi}`).commands.create({
    ...{ deviceId: 'bus-01', name: 'show-message', args: `dari ${dewi}`, expiresS: 3600, dangerous: false },
  })
  await admin.tokens.create({ name: 'penghitung', role: 'wall' })
  await call('/api/v1/session', { method: 'POST', body: { username: budi, password: 'salah' } })
  await call('/api/v1/devices/air-01', { method: 'PATCH', body: { name: 'x' }, headers: await sessionOf(dewi) })
  const { id, secret, code } = (await call('/api/v1/displays/pairings', { method: 'POST' })).json as Pairing
  const body = { name: 'utama-1', code }
  await call('/api/v1/displays', { method: 'POST', body, headers: await sessionOf(siti) })
  const claimed = await call(`/api/v1/displays/pairings/${id}/claim`, { method: 'POST', body: { secret } })
  const manual = {
    atMs: Date.now() - 60_000,
    receivedAtMs: Date.now(),
    role: 'operator' as const,
    metrics: { speed_kmh: 20 },
  }
  outside.manual = [{ ...manual, author: budi, note: `bersama ${dewi}` }]
  outside.say(changes(heard('air-01'), heard('bus-01', { lat: 3.6, lon: 98.5, metrics: { speed_kmh: 20 } })))
  return claimed.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
}
