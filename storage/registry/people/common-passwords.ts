/** Words of this house, this country and this language, which no list of leaks has: ASVS 5.0, 6.1.2. */
const ownWords = new Set(
  `pemko pemkot pemkab diskominfo kominfo commandcenter command-center
  indonesia indonesiaraya garuda pancasila merdeka jakarta bandung medan surabaya makassar katasandi kata-sandi rahasia sangatrahasia sayang sayangku cintaku bismillah alhamdulillah
  password passphrase administrator adminadmin supervisor operator auditor changeme letmein welcome default
  testpassword userpassword adminpassword`.split(/\s+/),
)

const runs = ['0123456789012345678901234567890', '9876543210987654321098765432109', 'abcdefghijklmnopqrstuvwxyz']
const keyboard = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm', '1qaz2wsx3edc4rfv5tgb6yhn']
/** What stands for a letter in passwords that are meant to look random. */
const letterOf: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}
const fewestLetters = 4
/** Below it a word says nothing about the password around it. */
const shortestStem = 5

/**
 * True for a password that is guessed early: one of 49,000 of the lists of leaks, or a word of them, of ours or of the city's with
 * digits and signs around it. ASVS 5.0, 6.2.4, 6.2.11 and 6.2.12, without asking a service.
 */
export async function isCommonPassword(
  password: string,
  username: string,
  cityWords: ReadonlySet<string> = new Set(),
): Promise<boolean> {
  const low = password.normalize('NFKC').toLowerCase()
  if (new Set(low).size < fewestLetters) return true
  if ([...runs, ...keyboard].some((run) => isMadeOf(low, run))) return true
  const stems = stemsOf(low)
  const isOurs = (stem: string) => ownWords.has(stem) || cityWords.has(stem)
  if (stems.some((stem) => isOurs(stem) || stem === username || stem === username + username)) return true
  // 10 MB that only the setting of a password needs.
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const tried = new Set([low, ...stems.filter(({ length }) => length >= shortestStem)])
  return dictionary['passwords-common'].some((leaked) => tried.has(leaked))
}

/** What a city's names make of themselves in a password: `kotabinjai`, `binjai`, `pemkobinjai` of `Kota Binjai`. */
export function cityWordsOf(names: readonly string[]): ReadonlySet<string> {
  const words = names.flatMap((name) => {
    const parts = name.toLowerCase().match(/\p{L}+/gu) ?? []
    const [kind = '', ...rest] = parts
    const short = rest.join('')
    const turned = [...rest, kind].join('')
    return [parts.join(''), turned, short, `pemko${short}`, `pemkot${short}`, `pemkab${short}`, ...parts]
  })
  return new Set(words.filter(({ length }) => length >= shortestStem))
}

/** The word without what is put around it, as it is and with its digits read as letters. */
function stemsOf(low: string): string[] {
  const trimmed = low.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  const read = [...low].map((character) => letterOf[character] ?? character).join('')
  const readTrimmed = [...trimmed].map((character) => letterOf[character] ?? character).join('')
  return [trimmed, read, readTrimmed]
}

/** A piece of a run, or the run again and again. */
function isMadeOf(low: string, run: string): boolean {
  return (run + run + run + run).includes(low)
}
