import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tempDir } from '../support/system/temp-dir.ts'
import { startWholeSystem } from '../support/system/whole-system.ts'

/** Files and folders beneath it that other users may use. */
function openWithin(dir: string): string[] {
  const entries = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  return entries.filter((entry) => (statSync(join(dir, entry)).mode & 0o077) !== 0 && entry !== 'audit-key.pub')
}

test('in a folder that was made open nothing is open to others, nor is the first password shown by the roles', {
  timeout: 60_000,
}, async () => {
  const dir = tempDir()
  chmodSync(dir, 0o755)
  mkdirSync(join(dir, 'journal'), { mode: 0o755 })
  writeFileSync(join(dir, 'ports.json'), '{}', { mode: 0o644 })
  const before = process.umask(0o022)
  onTestFinished(() => void process.umask(before))
  const settings = { BCC_ADMIN_PASSWORD: 'kopi-tubruk-pagi' }
  const system = await startWholeSystem({ dir, settings })
  onTestFinished(() => system.stop())
  await expect.poll(() => system.isReady(), { timeout: 10_000 }).toBe(true)
  expect(openWithin(dir)).toEqual([])
  const shown = system.processes().map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8'))
  expect(shown.length).toBeGreaterThanOrEqual(3)
  expect(shown.filter((text) => text.includes('kopi-tubruk'))).toEqual([])
  expect(shown.every((text) => text.includes('BCC_DATA_DIR'))).toBe(true)
})
