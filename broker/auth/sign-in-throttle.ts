import { createFailureTally } from '../../contract/failure-tally.ts'
import { networkOf } from '../../contract/net/client-network.ts'
import { minuteMs } from '../../contract/time.ts'

/**
 * Wrong keys are answered later and later, by network and user name, and by network where many names are tried: others
 * behind the same address are answered at once, and so is the right key, for it is looked at before anybody waits.
 */
export interface SignInThrottle {
  /** A wrong key came; how long its answer has to wait, ms. */
  failed(address: string, userName: string): number
}

const firstWaitMs = 250
const longestWaitMs = 3000
/** Pairs, and networks, that are remembered: a flood of others pushes out none that waits. */
const maxEntries = 10_000
/** No device has a longer name; what a stranger calls himself is not kept whole. */
const maxCharacters = 64
/** Devices that may have a wrong key behind one address before it is taken for one that guesses. */
const namesOfNetwork = 20

export function createSignInThrottle(failedPerMinute: number, now: () => number): SignInThrottle {
  const tally = () => createFailureTally({ most: maxEntries, forgetAfterMs: minuteMs, fromFirst: true, now })
  const pairs = tally()
  const networks = tally()
  return {
    failed(address, userName) {
      const network = networkOf(address)
      const ofPair = pairs.add(`${network} ${userName.slice(0, maxCharacters)}`)
      const ofNetwork = networks.add(network)
      return Math.max(waitAfter(ofPair - failedPerMinute), waitAfter(ofNetwork - failedPerMinute * namesOfNetwork))
    },
  }
}

function waitAfter(beyond: number): number {
  return beyond <= 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(beyond - 1, 10))
}
