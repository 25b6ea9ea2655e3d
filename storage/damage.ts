/**
 * Results of SQLite (https://sqlite.org/rescode.html), with their extended codes: only bytes that are not what was
 * written, or no longer there, make them. CORRUPT and NOTADB in whatever variant;
 */
const ofTheBytes = new Set([11, 26])
/** and of IOERR: SHORT_READ, as of a file that ends in the middle of a page; DATA; CORRUPTFS. */
const lostBytes = new Set([522, 8202, 8458])

/** The file is damaged, whatever was asked of it. A disk that fails, is full or is busy is not: that may pass. */
export function isDamage(error: unknown): boolean {
  const code = errcodeOf(error)
  return ofTheBytes.has(code & 0xff) || lostBytes.has(code)
}

/** The file may not be written: its rights, or its disk's. */
export function isReadOnly(error: unknown): boolean {
  return (errcodeOf(error) & 0xff) === 8
}

/** Faults that pass, or are not the file's: BUSY, LOCKED, NOMEM, INTERRUPT, IOERR, FULL, CANTOPEN. */
const passing = new Set([5, 6, 7, 9, 10, 13, 14])

/**
 * As `isDamage`, for statements of ours that a sound file answers always: then every other fault of SQLite, such as a
 * table that is missing or a constraint that is broken, means that bytes are not what was written.
 */
export function isDamageOfOwn(error: unknown): boolean {
  // Node refuses a whole number past 2^53; we write none.
  if (Object(error).code === 'ERR_OUT_OF_RANGE') return true
  const code = errcodeOf(error)
  return isDamage(error) || (code > 0 && !passing.has(code & 0xff))
}

function errcodeOf(error: unknown): number {
  const { errcode } = Object(error)
  return typeof errcode === 'number' ? errcode : 0
}
