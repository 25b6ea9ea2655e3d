import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type Mutant, withMutant } from './mutant.ts'

/** A copy of the working tree in which mutants live one after the other; the working tree itself is never changed. */
export interface Tree {
  dir: string
  /** Puts a mutant in; returns how to take it out. Throws where its text is not there exactly once. */
  mutate(mutant: Mutant): () => void
  remove(): void
}

/** What git knows or would take, with the modules linked and the built pages copied. */
export function copyTree(): Tree {
  const dir = mkdtempSync(join(tmpdir(), 'bcc-mutants-'))
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  for (const file of listed.toString().split('\0')) {
    if (file === '' || !existsSync(file)) continue
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    cpSync(file, join(dir, file))
  }
  symlinkSync(resolve('node_modules'), join(dir, 'node_modules'))
  if (existsSync('dashboard/dist')) cpSync('dashboard/dist', join(dir, 'dashboard/dist'), { recursive: true })
  return {
    dir,
    mutate(mutant) {
      const path = join(dir, mutant.file)
      const before = readFileSync(path, 'utf8')
      writeFileSync(path, withMutant(before, mutant))
      return () => writeFileSync(path, before)
    },
    // What was ended a moment ago may still write into it.
    remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }),
  }
}
