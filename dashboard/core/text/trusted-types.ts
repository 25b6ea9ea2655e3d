/** What the content policy calls the one way to make a script's address; https://www.w3.org/TR/trusted-types/ */
interface TrustedTypes {
  createPolicy(name: 'default', rules: { createScriptURL(address: string): string }): unknown
}

/**
 * Under `require-trusted-types-for 'script'` the browser asks this before anything becomes code. Workers of our own
 * files and MapLibre's blobs may; HTML and script text from strings may never, for there is no rule for them.
 */
export function guardScripts(): void {
  // Not in TypeScript's library; absent in browsers that do not know the policy.
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  trustedTypes?.createPolicy('default', {
    createScriptURL(address) {
      const { protocol, origin } = new URL(address, location.href)
      if (origin === location.origin && (protocol === 'blob:' || protocol === location.protocol)) return address
      throw new TypeError('this address is not ours')
    },
  })
}
