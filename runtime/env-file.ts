import { parseEnv } from 'node:util'

export interface EnvFile {
  values: Record<string, string>
  /** What is wrong with it, as sentences. */
  faults: string[]
}

const byteOrderMark = '\ufeff'
const assignment = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*)$/
/** In these a # is as likely part of the value as it is a comment. */
const secretName = /PASSWORD|TOKEN|SECRET/

/**
 * Reads a `.env` as Node does (`util.parseEnv`: quotes, `export`, comments), and says what that would take in another
 * sense than it was written in: it cuts values at a #, makes a byte order mark part of the first name, and passes over what
 * it does not understand.
 */
export function parseEnvFile(bytes: Uint8Array, name = '.env'): EnvFile {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { values: {}, faults: [`${name} is not UTF-8: save it as such.`] }
  }
  if (text.startsWith(byteOrderMark)) text = text.slice(1)
  text = text.replace(/\r\n?/g, '\n')
  if (text.includes('\0')) return { values: {}, faults: [`${name} is not text: save it as UTF-8.`] }
  const { entries, faults } = scan(text.split('\n'))
  return {
    values: Object.assign({}, ...entries.map((entry) => parseEnv(entry))),
    faults: faults.map(({ line, words }) => `${name} line ${line}: ${words}`),
  }
}

interface LineFault {
  line: number
  words: string
}

/** Each assignment with all of its lines, and what is wrong with others. */
function scan(lines: readonly string[]): { entries: string[]; faults: LineFault[] } {
  const faults: LineFault[] = []
  const entries: string[] = []
  const seen = new Map<string, number>()
  for (let index = 0; index < lines.length; index += 1) {
    const text = lines[index] ?? ''
    if (/^\s*(#|$)/.test(text)) continue
    const line = index + 1
    const [, name, value = ''] = assignment.exec(text) ?? []
    if (name === undefined) {
      faults.push({ line, words: 'is no NAME=value.' })
      continue
    }
    const before = seen.get(name)
    if (before !== undefined) faults.push({ line, words: `${name} is set already in line ${before}.` })
    seen.set(name, line)
    const { words, more } = valueFault(name, [value, ...lines.slice(index + 1)])
    if (words === undefined) entries.push(lines.slice(index, index + more + 1).join('\n'))
    else faults.push({ line, words })
    index += more
  }
  return { entries, faults }
}

/** What is wrong with a value, and over how many more lines it goes. */
function valueFault(name: string, [value = '', ...after]: readonly string[]): { words?: string; more: number } {
  const quote = value[0]
  if (quote !== '"' && quote !== "'" && quote !== '`') {
    const words = hashFault(name, value)
    return words === undefined ? { more: 0 } : { words, more: 0 }
  }
  for (const [more, text] of [value.slice(1), ...after].entries()) {
    const end = text.indexOf(quote)
    if (end < 0) continue
    if (/^\s*(#.*)?$/.test(text.slice(end + 1))) return { more }
    return { words: `${name} goes on behind its closing quote.`, more }
  }
  return { words: `${name} has a quote that is not closed.`, more: 0 }
}

function hashFault(name: string, value: string): string | undefined {
  const at = value.indexOf('#')
  if (at < 0) return undefined
  const isComment = /\s$/.test(value.slice(0, at)) || at === 0
  if (isComment && !secretName.test(name)) return undefined
  return `${name} has a # in a value without quotes: put quotes around the value, or the comment on a line of its own.`
}
