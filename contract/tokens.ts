/** So that one that lies about is recognised as what it is. */
export const tokenPrefix = 'bcc_'
/** Of the prefix and 32 random bytes in base64url. */
export const tokenChars = tokenPrefix.length + 43
export const tokenPattern = /^bcc_[\w-]{43}$/
