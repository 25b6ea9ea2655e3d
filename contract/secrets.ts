const login = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi
const parameter = /([?&](?:u|p|user|username|password|pass|token|access_token|api_key|apikey|key|secret)=)[^\s&"'<>]*/gi
const header = /\b(authorization\s*:?\s*)?(basic|bearer|token)\s+[\w~+/.=:-]{8,}/gi

/** A text without what lets somebody in: logins and tokens in URLs, values of Authorization headers. */
export function withoutSecrets(text: string): string {
  return text.replace(login, '$1').replace(parameter, '$1…').replace(header, '$1$2 …')
}
