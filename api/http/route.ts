import type { Request, Response } from 'express'
import { z } from 'zod'
import type { RefusalCode } from '../../contract/http/refusal.ts'
import type { Role } from '../../contract/roles.ts'
import type { Caller } from '../people/callers.ts'

/** Root of the HTTP API. */
export const v1 = '/api/v1'

/** What a handler gets beside its checked input. */
export interface Call {
  /** Throws on a public route: nobody has been asked there. */
  caller: () => Caller
  request: Request
  response: Response
}

/** The parts of a request that a route reads. A part that it does not declare must be empty. */
export interface InputShape {
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
}

type Input<S extends InputShape> = { [K in keyof S]: S[K] extends z.ZodType ? z.output<S[K]> : never }

/** The same answer in another format, chosen by `Accept`, or by `?format=` where the route declares it. */
export interface OtherFormat<O> {
  type: string
  /** What `?format=` calls it. */
  name: string
  /** In pieces that are quickly made each. */
  encode: (answer: O, request: Request) => { pieces: Iterable<string>; headers: Record<string, string> }
}

interface RouteFacts<O extends z.ZodType> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** From the root, as OpenAPI writes it: `/api/v1/devices/{id}`. */
  path: string
  summary: string
  tag: string
  /** Who may call it. There is no default: a route that does not say it does not start. */
  access: 'public' | readonly Role[]
  /** 200 when absent, 204 when there is no `answer`. */
  status?: 200 | 201 | 202 | 204
  /** Shape of the JSON answer. */
  answer?: O
  /** The handler sends a file of this media type itself. */
  file?: string
  other?: OtherFormat<z.output<O>>
  /** Of the body; 100,000 when absent. */
  maxBodyBytes?: number
  /** What it may refuse, beside what every route refuses. */
  refusals?: readonly RefusalCode[]
}

export interface RouteSpec<S extends InputShape, O extends z.ZodType> extends RouteFacts<O> {
  input: S
  handle: (input: Input<S>, call: Call) => Promise<z.output<O>> | z.output<O>
}

/** A route with its types worn off: what the server mounts, OpenAPI describes and the role test walks through. */
export interface Route extends RouteFacts<z.ZodType> {
  input: InputShape
  handle: (input: unknown, call: Call) => unknown
}

/** Declares a route once: path, role, input and answer. */
export function defineRoute<S extends InputShape, O extends z.ZodType>(spec: RouteSpec<S, O>): Route {
  // The server hands over only what `parts` below has parsed with this very `spec.input`.
  return spec as unknown as Route
}

const nothing = z.strictObject({})

/** The schema of all parts; an undeclared query parameter is refused, for it would be ignored silently otherwise. */
export function inputSchema(input: InputShape): z.ZodType {
  return z.object({
    params: input.params ?? nothing,
    query: (input.query ?? nothing).strict(),
    ...(input.body !== undefined && { body: input.body }),
  })
}
