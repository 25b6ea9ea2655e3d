import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Express, Request, Response } from 'express'
import { isPagePath, isRoutedPath } from '../../contract/http/pages.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import { docsPage, docsStyle } from './docs-page.ts'
import { requireReading } from './methods.ts'
import type { OpenApiDocument } from './openapi.ts'
import { fixedFile, readStaticFiles, type StaticFile, sendFile } from './static-files.ts'

/** `/api/v1/openapi.json`, and the same for readers at `/api/docs`; made once, for they are large. */
export function mountDocs(app: Express, document: OpenApiDocument): void {
  const files = {
    '/api/v1/openapi.json': fixedFile(JSON.stringify(document), 'application/json; charset=utf-8'),
    '/api/docs': fixedFile(docsPage(document), 'text/html; charset=utf-8'),
    '/api/docs.css': fixedFile(docsStyle, 'text/css; charset=utf-8'),
  }
  for (const [path, file] of Object.entries(files)) {
    app.get(path, (request, response) => sendFile(request, response, file))
  }
}

/** The built dashboard. Its pages are one document; which of them is shown is decided in the browser. */
export function mountDashboard(app: Express, dashboardDir: string): void {
  const filesNow = followBuild(dashboardDir)
  app.use((request, response, next) => {
    const files = filesNow()
    const file = files.get(request.path)
    if (file === undefined && !isRoutedPath(request.path)) return next()
    requireReading(request, response)
    if (response.headersSent) return
    if (file !== undefined) return sendFile(request, response, file)
    if (!asksForPage(request)) return next()
    sendPage(request, response, files.get('/index.html'))
  })
}

function sendPage(request: Request, response: Response, page: StaticFile | undefined): void {
  if (page === undefined) throw new Refusal('dashboard-not-built', 'Run "npm run prepare", then load this page again.')
  // The page itself says that there is none, with ways to those that there are; a program reads it from the status.
  if (!isPagePath(request.path)) response.status(404)
  sendFile(request, response, page)
}

const lookEveryMs = 1000

/** Reads the files again when the build is another one. */
function followBuild(dashboardDir: string): () => Map<string, StaticFile> {
  const builtMs = () => statSync(join(dashboardDir, 'index.html'), { throwIfNoEntry: false })?.mtimeMs
  let known = { files: readStaticFiles(dashboardDir), builtMs: builtMs(), atMs: performance.now() }
  return () => {
    if (performance.now() - known.atMs < lookEveryMs) return known.files
    known.atMs = performance.now()
    const newest = builtMs()
    if (newest !== known.builtMs) known = { files: readStaticFiles(dashboardDir), builtMs: newest, atMs: known.atMs }
    return known.files
  }
}

/** By name: a program that takes anything wants no page, and no page for a path that is mistyped. The root is for all. */
function asksForPage(request: Request): boolean {
  if (request.path === '/') return request.accepts('html') !== false
  return request.accepts('html') !== false && /text\/html/i.test(request.headers.accept ?? '')
}
