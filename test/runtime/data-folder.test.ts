import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../runtime/config.ts'
import { readSecret } from '../../runtime/data-folder.ts'
import { expectRandomBytes, sixtyFour } from '../support/system/random-bytes.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const newFolder = () => readConfig({ BCC_DATA_DIR: join(tempDir(), 'data') })
const modeOf = (path: string) => statSync(path).mode & 0o777

test('the secret is 32 random bytes that nobody else may read, made once', async () => {
  expectRandomBytes(await sixtyFour(() => readSecret(newFolder())), 32)
  const before = process.umask(0)
  onTestFinished(() => void process.umask(before))
  const config = newFolder()
  const secret = readSecret(config)
  expect(secret).toHaveLength(32)
  expect(readSecret(config)).toEqual(secret)
  expect(readSecret(newFolder())).not.toEqual(secret)
  expect(modeOf(join(config.dataDir, 'secret'))).toBe(0o600)
})

test('local sockets lie in a folder that nobody else may enter, whatever the umask', () => {
  const before = process.umask(0)
  try {
    const config = newFolder()
    readSecret(config)
    expect(modeOf(join(config.dataDir, 'run'))).toBe(0o700)
    expect(config.socketPath('broker').startsWith(join(config.dataDir, 'run'))).toBe(true)
  } finally {
    process.umask(before)
  }
})
