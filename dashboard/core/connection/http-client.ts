import type { Problem } from '../../../contract/http/problem.ts'

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

/** Holds an answer against what was asked for; `undefined`: it is something else. */
export type Reads<T> = (body: unknown) => T | undefined | Promise<T | undefined>

export type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The one way of the page to the API. An answer that is not what was asked for is a failure like any other. */
export interface HttpClient {
  get<T>(path: string, reads: Reads<T>): Promise<T>
  /** Without `reads` the answer is of no interest. */
  send(method: Method, path: string, body?: unknown): Promise<void>
  send<T>(method: Method, path: string, body: unknown, reads: Reads<T>): Promise<T>
}

/** The answer said yes and was none of ours: of something between, or of another version. */
export const foreignAnswer = 'foreign-answer'

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
export function createHttpClient(options: RestParts): HttpClient {
  const fetching = options.fetch ?? globalThis.fetch.bind(globalThis)

  async function answered(path: string, request: RequestInit): Promise<Response> {
    try {
      return await fetching(path, request)
    } catch (cause) {
      throw new RestError(0, { title: cause instanceof Error ? cause.message : 'network' })
    }
  }

  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await answered(path, requestOf(method, options.language(), body))
    const answer = await parsed(response)
    if (response.status === 401 && !path.includes('/session')) options.onUnauthorized()
    // An error's body is RFC 9457's, or nothing that helps.
    if (!response.ok) throw new RestError(response.status, (answer ?? {}) as Partial<Problem>, retryAfterS(response))
    return answer
  }

  async function read<T>(method: string, path: string, body: unknown, reads: Reads<T>): Promise<T> {
    const answer = await call(method, path, body)
    const found = await Promise.resolve(reads(answer)).catch(() => undefined)
    if (found === undefined) throw new RestError(200, { type: `#problem-${foreignAnswer}` })
    return found
  }

  return {
    get: (path, reads) => read('GET', path, undefined, reads),
    send: (method: Method, path: string, body?: unknown, reads?: Reads<unknown>) =>
      // The overloads of `HttpClient` say what comes of each.
      (reads === undefined ? call(method, path, body).then(() => undefined) : read(method, path, body, reads)) as never,
  }
}
