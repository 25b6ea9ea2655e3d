import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { type FleetDevice, newDevice } from './fleet-device.ts'

/** Requests to the API at once. */
const parallel = 16

const keysSchema = z.record(z.string(), z.string())
const keyResponseSchema = z.object({ key: z.string() })
const problemSchema = z.object({ title: z.string(), detail: z.string().optional() })

/** Keys of an earlier run; none if there is no such file. Throws an Error for a file that is not a list of keys. */
export async function readKeys(file: string): Promise<Map<string, string>> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map()
    throw error
  }
  const parsed = keysSchema.safeParse(parseJson(text))
  if (!parsed.success) throw new Error(`${file} is not a list of keys: {"device id": "key"} is expected`)
  return new Map(Object.entries(parsed.data))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Only its owner may read it: the keys are the devices' passwords. */
export async function writeKeys(file: string, keys: ReadonlyMap<string, string>): Promise<void> {
  await writeFile(file, `${JSON.stringify(Object.fromEntries(keys), null, 1)}\n`, { mode: 0o600 })
}

/**
 * Gives every device of the fleet that has no key yet a place in the registry and a key: registers it, or asks for a
 * new key where it is registered already. Adds to `keys` as it goes, so that what was done is not lost by a failure.
 * Throws an Error with one sentence.
 */
export async function registerFleet({
  api,
  user,
  password,
  fleet,
  keys,
}: {
  api: string
  user: string
  password: string
  fleet: readonly FleetDevice[]
  keys: Map<string, string>
}): Promise<void> {
  const call = await signIn({ api, user, password })
  const left = fleet.filter(({ id }) => !keys.has(id))
  const register = async (device: FleetDevice) => {
    const made = await call('/devices', newDevice(device))
    const answer = made.status === 409 ? await call(`/devices/${device.id}/key`, undefined) : made
    keys.set(device.id, keyResponseSchema.parse(await bodyOf(answer, `register ${device.id}`)).key)
  }
  // Parents come first in a fleet; the first wave holds them, so that no child names one that is not there.
  const parents = new Set(fleet.map(({ parentId }) => parentId))
  await inParallel(
    left.filter(({ id, parentId }) => parents.has(id) && parentId === null),
    register,
  )
  await inParallel(
    left.filter(({ id, parentId }) => parents.has(id) && parentId !== null),
    register,
  )
  await inParallel(
    left.filter(({ id }) => !parents.has(id)),
    register,
  )
}

type Call = (path: string, body: unknown) => Promise<Response>

async function signIn({ api, user, password }: { api: string; user: string; password: string }): Promise<Call> {
  const base = `${api.replace(/\/+$/, '')}/api/v1`
  const post = async (path: string, body: unknown, headers: Record<string, string>) => {
    try {
      return await fetch(`${base}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body ?? {}),
      })
    } catch (cause) {
      throw new Error(`${api} does not answer`, { cause })
    }
  }
  const session = await post('/session', { username: user, password }, {})
  await bodyOf(session, `log in as ${user}`)
  const cookie = session.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  return (path, body) => post(path, body, { cookie })
}

async function bodyOf(response: Response, purpose: string): Promise<unknown> {
  const body = parseJson(await response.text())
  if (response.ok) return body
  const problem = problemSchema.safeParse(body)
  const why = problem.success ? (problem.data.detail ?? problem.data.title) : `status ${response.status}`
  throw new Error(`could not ${purpose}: ${why}`)
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}
