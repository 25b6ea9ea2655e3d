/**
 * Words that most leaked passwords of twelve and more characters are made of, from the well-known lists of leaks and
 * the places and words of this city. With digits or signs around them they are among the first that are tried.
 */
const commonStems = new Set(
  `password passwort passw0rd passphrase mypassword thepassword newpassword changeme changemenow letmein letmeinnow
  welcome welcometo admin administrator adminadmin superadmin superuser rootroot operator supervisor auditor master
  qwerty qwertyuiop qwertyqwerty qwertyasdfgh qazwsx qazwsxedc qazwsxedcrfv zaqxswcde asdfgh asdfghjkl zxcvbn zxcvbnm
  asdfghjklzxcvbnm qwertyuiopasdfghjkl abcdef abcdefg abcdefgh abcdefghij abcdefghijkl abcdefghijklm abcabcabcabc
  iloveyou iloveyouforever loveyou sunshine princess football baseball basketball superman batman spiderman starwars
  dragon monkey shadow michael jennifer jordan charlie whatever trustno trustnoone freedom computer internet samsung
  liverpool manchester chelsea barcelona arsenal juventus realmadrid pokemon pokemonmaster minecraft fortnite
  secret supersecret topsecret mysecret default defaultpassword temporary temppassword testtest testing tester
  testpassword userpassword adminpassword rootpassword passwordpassword passwordadmin guest guestguest anonymous
  hello helloworld hellohello goodmorning happybirthday blessed jesus jesuschrist jesusislord godislove
  sayang sayangku akucintakamu cintaku cintasejati akusayangkamu bismillah alhamdulillah insyaallah allahuakbar
  katasandi kata-sandi rahasia rahasiaku sangatrahasia bandung jakarta indonesia indonesiaraya merdeka garuda
  pancasila medan binjai kotabinjai binjaikota pemkobinjai pemko diskominfo kominfo commandcenter command-center
  binjaicommandcenter transbinjai sumatera sumaterautara sumut garudaku`.split(/\s+/),
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

/** True for a password that is guessed early: ASVS 5.0, 6.2.4 and 6.2.11, without asking a service. */
export function isCommonPassword(password: string, username: string): boolean {
  const low = password.normalize('NFKC').toLowerCase()
  if (new Set(low).size < fewestLetters) return true
  if ([...runs, ...keyboard].some((run) => isMadeOf(low, run))) return true
  return stemsOf(low).some((stem) => commonStems.has(stem) || stem === username || stem === username + username)
}

/** The word without what is put around it, as it is and with its digits read as letters. */
function stemsOf(low: string): string[] {
  const trimmed = low.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  const read = [...low].map((character) => letterOf[character] ?? character).join('')
  const readTrimmed = [...trimmed].map((character) => letterOf[character] ?? character).join('')
  return [trimmed, read, readTrimmed, trimmed.replaceAll(/[^\p{L}]/gu, '')]
}

/** A piece of a run, or the run again and again. */
function isMadeOf(low: string, run: string): boolean {
  return (run + run + run + run).includes(low)
}
