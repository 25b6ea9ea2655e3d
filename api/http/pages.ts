import { existsSync } from 'node:fs'
import { join } from 'node:path'
import express, { type Express, type Request } from 'express'
import { Refusal } from '../refusal.ts'
import type { Registry } from '../registry/registry.ts'
import { openSession } from '../routes/session.ts'
import { clientAddress } from './client.ts'
import { docsPage, docsStyle } from './docs-page.ts'
import type { OpenApiDocument } from './openapi.ts'
import type { SignIn } from './sign-in.ts'

const yearMs = 31_536_000_000

/** `/api/v1/openapi.json`, and the same for readers at `/api/docs`. */
export function mountDocs(app: Express, document: OpenApiDocument): void {
  const page = docsPage(document)
  app.get('/api/v1/openapi.json', (_request, response) => {
    response.json(document)
  })
  app.get('/api/docs', (_request, response) => {
    response.type('html').send(page)
  })
  app.get('/api/docs.css', (_request, response) => {
    response.type('css').send(docsStyle)
  })
}

/** `/masuk/CODE`: a one-time link signs its person in and leads to the wall. */
export function mountLoginLinks(
  app: Express,
  {
    registry,
    signIn,
    secure,
  }: { registry: Pick<Registry, 'loginLinks' | 'sessions'>; signIn: SignIn; secure: boolean },
): void {
  app.get('/masuk/:code', async (request, response) => {
    response.set('Cache-Control', 'no-store')
    const username = await registry.loginLinks.redeem(request.params.code)
    if (username === undefined || !(await signIn.mayUseLink(username))) {
      response.redirect(303, '/masuk?link=invalid')
      return
    }
    const address = clientAddress(request)
    await openSession({ registry, response, secure }, username, { by: 'link', address })
    response.redirect(303, '/')
  })
}

/** The built dashboard. Its pages are one document; which of them is shown is decided in the browser. */
export function mountDashboard(app: Express, dashboardDir: string): void {
  const index = join(dashboardDir, 'index.html')
  // Names of built files contain a hash of what is in them.
  app.use('/assets', express.static(join(dashboardDir, 'assets'), { immutable: true, maxAge: yearMs, index: false }))
  app.use(express.static(dashboardDir, { index: false, cacheControl: false }))
  app.use((request, response, next) => {
    if (!asksForPage(request)) {
      next()
      return
    }
    if (!existsSync(index))
      throw new Refusal('dashboard-not-built', 'Run "npm run prepare", then load this page again.')
    response.set('Cache-Control', 'no-cache').sendFile(index, { cacheControl: false })
  })
}

/** A page, and not a file that is missing or a call of the API. */
function asksForPage(request: Request): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  if (/^\/(api|assets|socket\.io|mqtt)(\/|$)/.test(request.path) || /\.\w+$/.test(request.path)) return false
  return request.accepts(['html', 'json']) === 'html'
}
