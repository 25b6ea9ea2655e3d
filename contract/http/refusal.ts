/** Every way in which we refuse a caller: one code, one HTTP status, one title. `/api/docs` lists them. */
export const refusals = {
  'bad-request': { status: 400, title: 'The request is not valid' },
  'bad-json': { status: 400, title: 'The body is not JSON' },
  'invalid-range': { status: 400, title: 'The time range is not valid' },
  'unknown-profile': { status: 400, title: 'There is no such profile' },
  'unknown-parent': { status: 400, title: 'The parent is not registered' },
  'parent-cycle': { status: 400, title: 'The parent would be beneath the device itself' },
  'maintenance-time': { status: 400, title: 'The time of the maintenance is not valid' },
  'bad-command-args': { status: 400, title: 'The command does not take these arguments' },
  'manual-time': { status: 400, title: 'The time of the reading is not valid' },
  'manual-value': { status: 400, title: 'A value of the reading cannot be' },
  'manual-status': { status: 400, title: 'A status is not entered by hand: plan a maintenance' },
  'weak-password': { status: 400, title: 'The password is too weak' },
  'bad-token-name': { status: 400, title: 'The name of the token is not valid' },
  'bad-filters': { status: 400, title: 'The topic filters are not valid' },
  'bad-username': { status: 400, title: 'The user name is not valid' },
  'not-signed-in': { status: 401, title: 'Sign in first' },
  'wrong-login': { status: 401, title: 'User name or password is wrong' },
  'code-needed': { status: 401, title: 'A code of your authenticator is needed' },
  'wrong-code': { status: 401, title: 'The code is wrong, or was used already' },
  'wrong-token': { status: 401, title: 'The token is not valid (any more)' },
  'not-allowed': { status: 403, title: 'Your role does not allow this' },
  'mqtt-only': { status: 403, title: 'A service token is for MQTT, it has no rights over HTTP' },
  'simulated-refused': { status: 403, title: 'Simulated devices are not taken here (BCC_ALLOW_SIMULATED)' },
  'person-needed': { status: 403, title: 'Only a person who has signed in may do this' },
  'second-factor-required': { status: 403, title: 'This role signs in with a second factor only' },
  'second-person': { status: 403, title: 'A second person has to decide' },
  'cross-site': { status: 403, title: 'The request came from another site' },
  'not-found': { status: 404, title: 'Not found' },
  'unknown-device': { status: 404, title: 'There is no such device' },
  'unknown-display': { status: 404, title: 'There is no such screen' },
  'unknown-code': { status: 404, title: 'No screen shows this code (any more)' },
  'unknown-token': { status: 404, title: 'There is no such token' },
  'unknown-session': { status: 404, title: 'You have no such session (any more)' },
  'unknown-command': { status: 404, title: 'There is no such command (any more)' },
  'unknown-maintenance': { status: 404, title: 'There is no such maintenance' },
  'unknown-wall': { status: 404, title: 'There is no such wall' },
  'unknown-user': { status: 404, title: 'There is no such user' },
  'unknown-quarantine-row': { status: 404, title: 'It is not in quarantine (any more)' },
  'wrong-method': { status: 405, title: 'This cannot be done here' },
  'not-acceptable': { status: 406, title: 'None of the accepted formats can be given' },
  'device-exists': { status: 409, title: 'The device is registered already' },
  'too-many-devices': { status: 409, title: 'There are too many devices already' },
  'device-has-children': { status: 409, title: 'Other devices depend on this one' },
  'display-exists': { status: 409, title: 'There is such a screen already' },
  'token-exists': { status: 409, title: 'There is such a token already' },
  'maintenance-over': { status: 409, title: 'The maintenance is over' },
  'command-decided': { status: 409, title: 'The command does not wait for this any more' },
  'too-many-commands': { status: 409, title: 'Too many commands are open already' },
  'too-many-maintenances': { status: 409, title: 'There are too many maintenances already' },
  'too-much-maintenance': { status: 409, title: 'Too many devices are in maintenance already' },
  'too-many-walls': { status: 409, title: 'There are too many walls already' },
  'user-exists': { status: 409, title: 'The user exists already' },
  'last-admin': { status: 409, title: 'At least one admin must remain' },
  'too-large': { status: 413, title: 'The request is too large' },
  'range-not-satisfiable': { status: 416, title: 'The range lies outside the file' },
  'not-json-type': { status: 415, title: 'Only application/json is accepted' },
  'unknown-host': { status: 421, title: 'This name is none of this system' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'too-many-attempts': { status: 429, title: 'Too many attempts' },
  'our-fault': { status: 500, title: 'Something broke on our side' },
  busy: { status: 503, title: 'Busy, try again in a moment' },
  'broker-down': { status: 503, title: 'The broker does not answer, or its journal takes nothing' },
  'ingest-down': { status: 503, title: 'The ingest service does not answer' },
  'store-down': { status: 503, title: 'The telemetry store does not answer' },
  'dashboard-not-built': { status: 503, title: 'The dashboard is not built' },
} as const satisfies Record<string, { status: number; title: string }>

export type RefusalCode = keyof typeof refusals

export interface RefusalOptions {
  errors?: { path: string; message: string }[]
  retryAfterS?: number
  /** Further headers of the answer. */
  headers?: Record<string, string>
  cause?: unknown
}

/** A caller (HTTP client or operator at the command line) asked for something we do not do. Its message is for them. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly errors: { path: string; message: string }[] | undefined
  readonly retryAfterS: number | undefined
  readonly headers: Record<string, string>

  constructor(code: RefusalCode, message: string = refusals[code].title, options: RefusalOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'Refusal'
    this.code = code
    this.errors = options.errors
    this.retryAfterS = options.retryAfterS
    this.headers = options.headers ?? {}
  }
}
