import type { Reads } from './http-client.ts'

type Shapes = typeof import('./answer-shapes.ts')['shapes']

const load = () => import('./answer-shapes.ts')

/** Fetches the shapes early: once the server is away, nothing can be loaded any more. */
export function preloadAnswers(): void {
  setTimeout(() => void load().catch(() => undefined), preloadAfterMs)
}
/** The first picture needs none. */
const preloadAfterMs = 3500

/** Holds an answer of the server against its shape in contract/, which comes with the first that is asked for. */
export function answer<K extends keyof Shapes>(name: K): Reads<Shapes[K]['_output']> {
  return async (body) => {
    const { shapes } = await load()
    const found = shapes[name].safeParse(body)
    return found.success ? found.data : undefined
  }
}
