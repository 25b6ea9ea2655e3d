import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../system/whole-system.ts'

/** The code of a recipe in docs/integrations.md, as it stands there. */
export function recipe(name: string): string {
  const page = readFileSync(join(projectRoot, 'docs', 'integrations.md'), 'utf8')
  const [, code] = new RegExp(`<!-- recipe: ${name} -->\n\`\`\`\\w+\n([\\s\\S]*?)\`\`\``).exec(page) ?? []
  if (code === undefined) throw new Error(`docs/integrations.md has no recipe ${name}`)
  return code
}
