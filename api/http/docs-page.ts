import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { type RefusalCode, refusals } from '../../contract/http/refusal.ts'
import type { OpenApiDocument } from './openapi.ts'

/** The style sheet of the page below; a file of its own, for the content policy allows no style in the page. */
export const docsStyle = `
:root { color-scheme: light dark; font: 16px/1.5 "Noto Sans", system-ui, sans-serif }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.5rem }
h2 { margin-top: 3rem; border-bottom: 1px solid }
h3 { margin-bottom: 0; font: 600 1rem ui-monospace, monospace; overflow-wrap: anywhere }
h3 b { display: inline-block; min-width: 4.5em; text-transform: uppercase }
p { margin: .25rem 0 }
code, pre { font: .875rem/1.4 ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; border: 1px solid; border-radius: 4px }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid; padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top }
`

/** A page that shows the OpenAPI document to a reader: no script, nothing from outside, printable. */
export function docsPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(([method, operation]) => ({ path, method, operation: operation as Operation })),
  )
  const byTag = Map.groupBy(operations, ({ operation }) => operation.tags?.[0] ?? '')
  const sections = [...byTag].map(
    ([tag, members]) => `<h2 id="${text(tag)}">${text(tag)}</h2>${members.map(operationHtml).join('')}`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(document.info.title)} – API</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/api/docs.css"></head><body>
<h1>${text(document.info.title)} ${text(document.info.version)}</h1>
<p>${text(document.info.description ?? '')}</p>
<p>For machines: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a> (OpenAPI ${text(document.openapi)})</p>
<p>${[...byTag.keys(), 'schemas', 'problems'].map((name) => `<a href="#${text(name)}">${text(name)}</a>`).join(' · ')}</p>
${sections.join('')}
<h2 id="schemas">schemas</h2>${schemasHtml(document)}
<h2 id="problems">problems</h2>${problemsHtml()}
</body></html>`
}

type Operation = ZodOpenApiOperationObject & { 'x-roles'?: readonly string[] }
interface Parameter {
  name: string
  in: string
  required?: boolean
  schema?: unknown
}

function operationHtml({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const roles = operation['x-roles']?.join(', ') ?? 'everybody, without signing in'
  // createDocument has turned `requestParams` into OpenAPI's list.
  const parameters = (operation.parameters ?? []) as Parameter[]
  return `<h3 id="${text(operation.operationId ?? '')}"><b>${text(method)}</b> ${text(path)}</h3>
<p>${text(operation.summary ?? '')}</p><p>For: ${text(roles)}</p>
${parameters.length === 0 ? '' : `<table>${parameters.map(parameterHtml).join('')}</table>`}
${operation.requestBody === undefined ? '' : `<details><summary>Body</summary>${json(operation.requestBody)}</details>`}
<details><summary>Answers</summary><table>${Object.entries(operation.responses ?? {})
    .map(responseHtml)
    .join('')}</table></details>`
}

function parameterHtml({ name, in: place, required, schema }: Parameter): string {
  const need = required === true ? 'required' : 'optional'
  return `<tr><td><code>${text(name)}</code></td><td>${text(place)}, ${need}</td><td><code>${text(JSON.stringify(schema))}</code></td></tr>`
}

function responseHtml([status, response]: [string, unknown]): string {
  const { description, content } = response as { description?: string; content?: unknown }
  const shape = content === undefined || Number(status) >= 400 ? '' : json(content)
  return `<tr><td>${text(status)}</td><td>${text(description ?? '')}${shape}</td></tr>`
}

function schemasHtml(document: OpenApiDocument): string {
  return Object.entries(document.components?.schemas ?? {})
    .map(([name, schema]) => `<h3 id="schema-${text(name)}">${text(name)}</h3>${json(schema)}`)
    .join('')
}

function problemsHtml(): string {
  const rows = (Object.keys(refusals) as RefusalCode[]).map((code) => {
    const { status, title } = refusals[code]
    return `<tr id="problem-${code}"><td>${status}</td><td><code>${code}</code></td><td>${text(title)}</td></tr>`
  })
  return `<table>${rows.join('')}</table>`
}

function json(shape: unknown): string {
  return `<pre>${text(JSON.stringify(shape, null, 2))}</pre>`
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function text(raw: string): string {
  return raw.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
