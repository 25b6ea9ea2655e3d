import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const pages = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? `docs/${name}` : [])),
  ...readdirSync('docs/adr').map((name) => `docs/adr/${name}`),
]

test.each(pages)('%s names files that there are', (page) => {
  const named = [...readFileSync(page, 'utf8').matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.(?:tsx?|css|json))`/g)]
  const missing = named
    .map(([, path = '']) => path)
    // Tests are named as they stand beneath test/; what a run leaves behind is not here yet.
    .filter((path) => !path.startsWith('artifacts/') && ![path, `test/${path}`].some((place) => existsSync(place)))
  expect(missing).toEqual([])
})

test.each(pages)('%s names folders that there are', (page) => {
  const folders =
    /`((?:api|broker|contract|dashboard|docs|domain|firmware-sim|ingest|runtime|storage|test)\/(?:[\w-]+\/)*)`/g
  const named = [...readFileSync(page, 'utf8').matchAll(folders)].map(([, path = '']) => path)
  expect(named.filter((path) => !existsSync(path))).toEqual([])
})
