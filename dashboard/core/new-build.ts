/** A page that runs an older build than the server serves is loaded anew, one screen after the other. */
export interface NewBuild {
  /** The build in the server's beat. */
  heard(build: string): void
}

/** A page needs about this long to show data again, ms: until then the next screen goes on with the old build. */
const slotMs = 10_000
const askAgainMs = 5000

export function createNewBuild(parts: {
  /** Place of this screen among all screens; `undefined` for a person's browser, which is never loaded under their hands. */
  slot: () => number | undefined
  /** Whether the server would answer the page. */
  serves: () => Promise<boolean>
  reload: () => void
  /** There is a newer build. */
  told: () => void
}): NewBuild {
  let own: string | undefined
  let waiting = false

  async function reloadWhenServed(): Promise<void> {
    if (await parts.serves()) parts.reload()
    else setTimeout(() => void reloadWhenServed(), askAgainMs)
  }

  return {
    heard(build) {
      own ??= build
      if (build === own || waiting) return
      waiting = true
      parts.told()
      const slot = parts.slot()
      if (slot !== undefined) setTimeout(() => void reloadWhenServed(), slot * slotMs + slotMs / 2)
    },
  }
}
