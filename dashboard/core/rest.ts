import type { Problem } from '../../contract/http.ts'

/** The server answered no, or did not answer (`status` 0). */
export class RestError extends Error {
  readonly status: number
  readonly problem: Partial<Problem>
  /** When to try again, as far as the server said, s. */
  readonly retryAfterS: number | undefined
  constructor(status: number, problem: Partial<Problem>, retryAfterS?: number) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`)
    this.status = status
    this.problem = problem
    this.retryAfterS = retryAfterS
  }

  /** The server's code for what it refused, or '' where it gave none. */
  get code(): string {
    return /#problem-([a-z-]+)$/.exec(this.problem.type ?? '')?.[1] ?? ''
  }
}

export interface Rest {
  get<T>(path: string): Promise<T>
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>
}

async function parsed(response: Response): Promise<unknown> {
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** RFC 9110, 10.2.3, in its form of seconds: a date would be of the server's clock. */
function retryAfterS({ headers }: Response): number | undefined {
  const said = headers.get('retry-after') ?? ''
  return /^\d{1,6}$/.test(said) ? Number(said) : undefined
}

function requestOf(method: string, language: string, body: unknown): RequestInit {
  // What is wrong with a field is said by the server.
  const headers = { accept: 'application/json', 'accept-language': language }
  const request: RequestInit = { method, credentials: 'same-origin', headers }
  if (body === undefined) return request
  return { ...request, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

export interface RestParts {
  /** Told when the session has ended. */
  onUnauthorized: () => void
  /** Of the page. */
  language: () => string
  fetch?: typeof globalThis.fetch
}

/** Calls of our own API. */
export function createRest(options: RestParts): Rest {
  const fetching = options.fetch ?? globalThis.fetch.bind(globalThis)

  async function answered(path: string, request: RequestInit): Promise<Response> {
    try {
      return await fetching(path, request)
    } catch (cause) {
      throw new RestError(0, { title: cause instanceof Error ? cause.message : 'network' })
    }
  }

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await answered(path, requestOf(method, options.language(), body))
    const answer = await parsed(response)
    if (response.status === 401 && !path.includes('/session')) options.onUnauthorized()
    // An error's body is RFC 9457's, or nothing that helps.
    if (!response.ok) throw new RestError(response.status, (answer ?? {}) as Partial<Problem>, retryAfterS(response))
    // Shapes are fixed by contract/http.ts, which the server answers from.
    return answer as T
  }

  return { get: (path) => call('GET', path), send: call }
}
