import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Site, siteFiles, siteSchema } from '../contract/site/schema.ts'

/** Reads and checks a city's folder. Throws an Error that names the first file or item that is wrong. */
export async function readSite(folder: string): Promise<Site> {
  const parts = await Promise.all(
    Object.entries(siteFiles).map(async ([part, file]) => [part, await readJson(join(folder, file))] as const),
  )
  const parsed = siteSchema.safeParse(Object.fromEntries(parts))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`the site in ${folder} is not whole: ${issue?.path.join('.')}: ${issue?.message}`)
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${file} is not JSON`, { cause })
  }
}
