import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import type { Request, Response } from 'express'
import { Refusal } from '../../contract/http/refusal.ts'

/** One form of a file, made once: bytes, and an entity tag that no other form has. */
interface Form {
  bytes: Buffer
  etag: string
}

export interface StaticFile {
  type: string
  cacheControl: string
  plain: Form
  br?: Form
  gzip?: Form
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

/** Names of built files contain a hash of what is in them. */
const forEver = 'public, max-age=31536000, immutable'
const askAgain = 'no-cache'
const packed = { '.br': 'br', '.gz': 'gzip' } as const

/**
 * All files of a folder, in memory: some megabytes, read at the start. The build lays the compressed forms beside them
 * (`dashboard/compress.ts`).
 */
export function readStaticFiles(dir: string): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  if (!existsSync(dir)) return files
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || Object.hasOwn(packed, extname(entry.name))) continue
    const file = join(entry.parentPath, entry.name)
    const path = `/${relative(dir, file).split(sep).join('/')}`
    // What somebody keeps for himself beside the pages is nobody's.
    if (path.includes('/.')) continue
    files.set(path, readForms(file, path.startsWith('/assets/') ? forEver : askAgain))
  }
  return files
}

function readForms(file: string, cacheControl: string): StaticFile {
  const form = (name: string) => (existsSync(name) ? formOf(readFileSync(name), extname(name)) : undefined)
  const [br, gzip] = [form(`${file}.br`), form(`${file}.gz`)]
  const type = types[extname(file)] ?? 'application/octet-stream'
  return {
    type,
    cacheControl,
    plain: formOf(readFileSync(file), ''),
    ...(br !== undefined && { br }),
    ...(gzip !== undefined && { gzip }),
  }
}

/** A file that is made here, and never changes while we run. */
export function fixedFile(text: string, type: string): StaticFile {
  return { type, cacheControl: askAgain, plain: formOf(Buffer.from(text), '') }
}

function formOf(bytes: Buffer, ending: string): Form {
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}${ending}"` }
}

/** Answers GET or HEAD with it: RFC 9110 on conditions (13), ranges (14) and negotiation (12.5.3). */
export function sendFile(request: Request, response: Response, file: StaticFile): void {
  const [encoding, form] = formFor(request, file)
  response.set({ 'Cache-Control': file.cacheControl, ETag: form.etag, 'Accept-Ranges': 'bytes' })
  if (file.br !== undefined || file.gzip !== undefined) response.vary('Accept-Encoding')
  if (request.fresh) return void response.status(304).end()
  response.set('Content-Type', file.type)
  if (encoding !== undefined) response.set('Content-Encoding', encoding)
  const range = response.statusCode === 200 ? rangeOf(request, form) : undefined
  const bytes = range === undefined ? form.bytes : form.bytes.subarray(range.start, range.end + 1)
  if (range !== undefined) {
    response.status(206).set('Content-Range', `bytes ${range.start}-${range.end}/${form.bytes.length}`)
  }
  response.set('Content-Length', String(bytes.length))
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

/** A part is always one of the file as it is. */
function formFor(request: Request, file: StaticFile): [encoding: 'br' | 'gzip' | undefined, Form] {
  if (request.headers.range !== undefined) return [undefined, file.plain]
  if (file.br !== undefined && request.acceptsEncodings('br') !== false) return ['br', file.br]
  if (file.gzip !== undefined && request.acceptsEncodings('gzip') !== false) return ['gzip', file.gzip]
  return [undefined, file.plain]
}

/** `undefined`: the whole. Several ranges at once are no case of ours, and may be answered with the whole. */
function rangeOf(request: Request, { bytes, etag }: Form): { start: number; end: number } | undefined {
  const condition = request.headers['if-range']
  if (condition !== undefined && condition !== etag) return undefined
  const ranges = request.range(bytes.length)
  if (ranges === -1) {
    const headers = { 'Content-Range': `bytes */${bytes.length}` }
    throw new Refusal('range-not-satisfiable', undefined, { headers })
  }
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined
  return ranges[0]
}
