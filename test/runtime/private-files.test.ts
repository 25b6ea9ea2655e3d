import { chmodSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../runtime/config.ts'
import { lockFolder } from '../../runtime/data-folder.ts'
import { closeToOthers, requirePrivateFolder } from '../../runtime/private-files.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const modeOf = (path: string) => statSync(path).mode & 0o777

/** A folder as somebody leaves it who makes it before the first start, or copies it back. */
function openFolder(): string {
  const dir = tempDir()
  chmodSync(dir, 0o755)
  for (const name of ['journal', 'store', 'mine']) mkdirSync(join(dir, name), { mode: 0o755 })
  for (const name of ['registry.db', 'registry.db-wal', 'secret', 'journal/journal-1.db', 'store/hot.db', 'mine/a'])
    writeFileSync(join(dir, name), '', { mode: 0o644 })
  return dir
}

describe('what a data folder keeps', () => {
  test('is closed to other users, and what is somebody’s own stays as it is', () => {
    const dir = openFolder()
    symlinkSync(join(dir, 'mine/a'), join(dir, 'store/cold-2026-01.db'))
    expect(closeToOthers(dir)).toEqual([])
    for (const name of ['registry.db', 'registry.db-wal', 'secret', 'journal/journal-1.db', 'store/hot.db'])
      expect([name, modeOf(join(dir, name))]).toEqual([name, 0o600])
    for (const name of ['journal', 'store']) expect([name, modeOf(join(dir, name))]).toEqual([name, 0o700])
    expect(modeOf(join(dir, 'mine'))).toBe(0o755)
    expect(modeOf(join(dir, 'mine/a'))).toBe(0o644)
  })
})

describe('a folder of local sockets', () => {
  const deep = () => join(tempDir(), 'deep/'.repeat(24), 'data')

  test.each([
    ['short', () => tempDir()],
    ['long', deep],
  ])('is this user’s alone, with a %s data path', (_length, dataDir) => {
    const config = readConfig({ BCC_DATA_DIR: dataDir() })
    lockFolder(config, 'start')
    expect(lstatSync(config.socketDir).isDirectory()).toBe(true)
    expect(modeOf(config.socketDir)).toBe(0o700)
    expect(config.socketPath('broker').startsWith(`${config.socketDir}/`)).toBe(true)
  })

  test('is closed when it was made open', () => {
    const folder = join(tempDir(), 'sockets')
    mkdirSync(folder, { mode: 0o777 })
    chmodSync(folder, 0o777)
    requirePrivateFolder(folder)
    expect(modeOf(folder)).toBe(0o700)
  })

  test('is refused where somebody else took its name first: a link, a file, another user’s', () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'elsewhere'), { mode: 0o700 })
    symlinkSync(join(dir, 'elsewhere'), join(dir, 'link'))
    expect(() => requirePrivateFolder(join(dir, 'link'))).toThrow(/belongs to another user/)
    // Nobody is told that the name is taken by a file of his own, but nothing is put into it either.
    writeFileSync(join(dir, 'file'), '')
    expect(() => requirePrivateFolder(join(dir, 'file'))).toThrow()
    const real = process.getuid
    onTestFinished(() => void Object.assign(process, { getuid: real }))
    Object.assign(process, { getuid: () => 1_234_567 })
    expect(() => requirePrivateFolder(join(dir, 'elsewhere'))).toThrow(/belongs to another user/)
  })
})
