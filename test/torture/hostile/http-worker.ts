import { parentPort, workerData } from 'node:worker_threads'
import { createRandom } from '../../../firmware-sim/random.ts'
import { nextAttack, nextFlood, play } from './http-attacks.ts'

export interface HttpWorkerOrder {
  port: number
  seed: number
  kind: 'fuzz' | 'flood'
  connections: number
  atOnce: number
  lingerMs: number
}

/** In a thread of its own, so that what measures beside it measures the server. */
async function attack({ port, seed, kind, connections, atOnce, lingerMs }: HttpWorkerOrder): Promise<void> {
  const next = kind === 'fuzz' ? nextAttack : nextFlood
  let begun = 0
  async function slot(number: number): Promise<void> {
    const random = createRandom(seed, kind, String(number))
    while (begun < connections) {
      begun += 1
      await play(port, next(random), lingerMs)
      if (begun % 500 === 0) parentPort?.postMessage(begun)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, (_none, number) => slot(number)))
  parentPort?.postMessage(begun)
}

await attack(workerData)
