/**
 * Where text stops being JSON (RFC 8259), in characters from 0; its length where it only ends too early; `undefined` for
 * JSON. `JSON.parse` says it too, but with pieces of the text, which not everybody may read who may read why it was
 * refused. Recursion is as deep as the text: look at its depth first.
 */
export function findJsonFault(text: string): number | undefined {
  const cursor = { text, at: 0 }
  if (!readValue(cursor)) return cursor.at
  skipSpace(cursor)
  return cursor.at === text.length ? undefined : cursor.at
}

interface Cursor {
  text: string
  at: number
}

const space = /[ \t\n\r]*/y
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these may not stand in a string of JSON.
const stringStart = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y

function skip(cursor: Cursor, pattern: RegExp): boolean {
  pattern.lastIndex = cursor.at
  if (!pattern.test(cursor.text)) return false
  const moved = pattern.lastIndex > cursor.at
  cursor.at = pattern.lastIndex
  return moved
}

function skipSpace(cursor: Cursor): void {
  skip(cursor, space)
}

function skipChar(cursor: Cursor, char: string): boolean {
  if (cursor.text[cursor.at] !== char) return false
  cursor.at += 1
  return true
}

function readValue(cursor: Cursor): boolean {
  skipSpace(cursor)
  if (skipChar(cursor, '[')) return readList(cursor, ']', readValue)
  if (skipChar(cursor, '{')) return readList(cursor, '}', readMember)
  return cursor.text[cursor.at] === '"' ? readString(cursor) : skip(cursor, scalar)
}

function readString(cursor: Cursor): boolean {
  return cursor.text[cursor.at] === '"' && skip(cursor, stringStart) && skipChar(cursor, '"')
}

function readMember(cursor: Cursor): boolean {
  skipSpace(cursor)
  if (!readString(cursor)) return false
  skipSpace(cursor)
  return skipChar(cursor, ':') && readValue(cursor)
}

function readList(cursor: Cursor, close: string, readItem: (cursor: Cursor) => boolean): boolean {
  skipSpace(cursor)
  if (skipChar(cursor, close)) return true
  do {
    if (!readItem(cursor)) return false
    skipSpace(cursor)
  } while (skipChar(cursor, ','))
  return skipChar(cursor, close)
}
