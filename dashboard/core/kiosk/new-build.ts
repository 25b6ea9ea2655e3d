import type { Reload } from './reload.ts'

/** A page that runs an older build than the server serves is loaded anew, one display after the other. */
export interface NewBuild {
  /** The build in the server's beat. */
  heard(build: string): void
}

export function createNewBuild(parts: {
  /** Not a person's browser, which is never loaded under their hands. */
  isDisplay: () => boolean
  reload: Reload
  /** There is a newer build. */
  told: () => void
}): NewBuild {
  let own: string | undefined
  let told = false

  return {
    heard(build) {
      own ??= build
      if (build === own) return
      if (!told) parts.told()
      told = true
      // Asked again with each beat: a browser may become a display.
      if (parts.isDisplay()) parts.reload.after(0)
    },
  }
}
