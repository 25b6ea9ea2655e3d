import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as areas from '../../../storage/registry/areas.ts'
import { openSqliteRegistry } from '../../../storage/registry/engines/sqlite.ts'
import { stepsOf } from '../../../storage/registry/migrate.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { openOn, type RegistryGround, registryTests } from '../conformance/registry.ts'

const run = promisify(execFile)
const writer = join(import.meta.dirname, '../../support/storage/registry-areas-writer.ts')

function ground(): RegistryGround {
  const dir = tempDir()
  const file = join(dir, 'registry.db')

  async function openEngine() {
    const engine = await openSqliteRegistry(file)
    onTestFinished(() => engine.close())
    return engine
  }

  return {
    openEngine,
    async open(options) {
      const registry = await openOn(dir, () => openSqliteRegistry(file), options)
      onTestFinished(() => registry.close())
      return registry
    },
    async writeInProcess(name, rows) {
      await run(process.execPath, [writer, file, name, String(rows)])
    },
    tooLongMs: 6000,
    async holdWriting(ms) {
      const program = `
        const { DatabaseSync } = await import('node:sqlite')
        const db = new DatabaseSync(${JSON.stringify(file)}, { timeout: 5000 })
        db.exec('begin immediate')
        process.stdout.write('held')
        setTimeout(() => { db.exec('rollback'); db.close() }, ${ms})`
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const ended = once(child, 'exit').then(() => undefined)
      await once(child.stdout, 'data')
      return { ended }
    },
  }
}

describe('a registry in an SQLite file', () => {
  test.each(Object.entries(registryTests))('%s', async (_name, runTest) => runTest(ground()), 20_000)
})

describe('the steps of the tables', () => {
  const migration = (version: number, name: string) => ({ version, name, up: async () => undefined })

  test('keep their numbers and names for ever: databases out there have taken them', () => {
    const steps = stepsOf(Object.values(areas).flatMap(({ migrations }) => migrations))
    expect(steps.slice(0, 9).map(([first]) => first?.name)).toEqual([
      ...['devices', 'people', 'audit', 'two keys and certificates', 'tokens and factors'],
      ...['displays', 'walls', 'maintenance', 'session origins'],
    ])
  })

  test('two areas that took the same number, and a number that nobody took, are told', () => {
    expect(() => stepsOf([migration(1, 'one'), migration(1, 'other')])).toThrow(
      'migration 1 must be one, not: one, other',
    )
    expect(() => stepsOf([migration(1, 'one'), migration(3, 'three')])).toThrow('migration 2 must be one, not: none')
    expect(stepsOf([migration(1, 'one'), migration(1, 'one')])).toHaveLength(1)
  })
})
