/** One line, RFC 4180. */
export function csvLine(fields: readonly (string | number | boolean | null | undefined)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`
}

function csvField(field: string | number | boolean | null | undefined): string {
  if (typeof field !== 'string') return field === null || field === undefined ? '' : String(field)
  // A spreadsheet takes a text that begins so for a formula.
  const text = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
