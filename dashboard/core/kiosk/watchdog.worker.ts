import { heartbeatLostMs } from '../../../contract/live.ts'

/** Watches for silence beside the page, so that a page whose own thread is blocked finds the verdict when it wakes. */
const checkEveryMs = 250
let heardAt = performance.now()

self.onmessage = () => {
  heardAt = performance.now()
}

setInterval(() => {
  const silentMs = performance.now() - heardAt
  if (silentMs > heartbeatLostMs) self.postMessage({ silentMs })
}, checkEveryMs)
