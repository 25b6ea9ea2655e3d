import type { AedesOptions, AuthenticateError, Client } from 'aedes'
import type { Logger } from 'pino'
import type { CredentialStore, DeviceCredential } from '../contract/ports.ts'
import { addressOf } from './address.ts'
import { guarded } from './guarded.ts'
import type { BrokerLimits } from './options.ts'
import type { Refusals } from './refusals.ts'
import type { SignIns } from './sign-ins.ts'

/** Who was let in, before Aedes has registered the connection. */
export interface Admitted {
  credential: DeviceCredential
  address: string
  /** Number of registry changes that the broker had heard of when the key was looked at. */
  change: number
}

export interface AdmissionParts {
  limits: BrokerLimits
  credentials: CredentialStore
  refusals: Refusals
  signIns: SignIns
  /** Registry changes heard of so far. */
  changes: () => number
  log: Logger
}

export type Admission = Required<Pick<AedesOptions, 'preConnect' | 'authenticate'>> & {
  of(client: Client): Admitted | undefined
}

const clientIdCharset = /^[\x21-\x7e]*$/

/** The way in: the hooks that look at a CONNECT, from its form to its key. */
export function createAdmission({ limits, credentials, refusals, signIns, changes, log }: AdmissionParts): Admission {
  const admitted = new WeakMap<Client, Admitted>()
  let anonymous = 0

  function nameFor(clientId: string): string {
    if (clientId !== '') return clientId
    anonymous += 1
    return `auto-${anonymous}`
  }

  return {
    of: (client) => admitted.get(client),

    preConnect(_client, packet, done) {
      guarded(done, () => {
        const { clientId, username } = packet
        if (clientId.length > limits.clientIdBytes || !clientIdCharset.test(clientId)) {
          refusals.count('bad-client-id')
          return done(new Error('client id refused'), false)
        }
        // Ids of different devices must not meet: whoever knows another's id could otherwise throw it out.
        packet.clientId = `${username ?? ''}/${nameFor(clientId)}`
        packet.keepalive = Math.min(packet.keepalive || limits.keepaliveS, limits.keepaliveS)
        done(null, true)
      })
    },

    authenticate(client, username, password, done) {
      const refuse = () => {
        refusals.count('bad-credentials')
        const error: AuthenticateError = Object.assign(new Error('bad user name or password'), { returnCode: 4 })
        done(error, null)
      }
      if (username === undefined || password === undefined) return refuse()
      const change = changes()
      credentials.verify(username, password).then(
        (credential) => {
          if (credential === undefined) return refuse()
          signIns.note(credential, Date.now())
          admitted.set(client, { credential, address: addressOf(client), change })
          done(null, true)
        },
        (error: unknown) => {
          log.error({ err: error }, 'credentials could not be read')
          done(Object.assign(new Error('not available'), { returnCode: 3 }), null)
        },
      )
    },
  }
}
