/** Every hook of Aedes must answer: a throw inside one would end the process, so it fails closed instead. */
export function guarded(done: (error: Error | null, ok: never) => void, work: () => void): void {
  try {
    work()
  } catch (error) {
    // `false` and `null` both mean no; each hook's callback takes one of them.
    done(error instanceof Error ? error : new Error(String(error)), null as never)
  }
}
