import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseEnvFile } from '../../runtime/env-file.ts'
import { tempDir } from '../support/system/temp-dir.ts'
import { projectRoot } from '../support/system/whole-system.ts'

const read = (text: string) => parseEnvFile(Buffer.from(text))

test.each<[string, string, Record<string, string>]>([
  ['a byte order mark', '\ufeffBCC_DATA_DIR=/srv/x\n', { BCC_DATA_DIR: '/srv/x' }],
  ['lines that end as on Windows', 'BCC_A=1\r\nBCC_B=2\r\n', { BCC_A: '1', BCC_B: '2' }],
  ['export', 'export BCC_A=1', { BCC_A: '1' }],
  ['blanks around', '  BCC_A =  1  ', { BCC_A: '1' }],
  ['quotes of three kinds', 'A="a b#c"\nB=\'x # y\'\nC=`z`', { A: 'a b#c', B: 'x # y', C: 'z' }],
  ['a comment behind quotes', 'A="a#1" # b', { A: 'a#1' }],
  ['a comment behind a value', 'BCC_HTTP_PORT=8080 # the wall', { BCC_HTTP_PORT: '8080' }],
  ['comments and empty lines', '# A=1\n\n   # B=2\nC=3', { C: '3' }],
  ['an = in a value', 'A=b=c', { A: 'b=c' }],
  ['a value over several lines', 'A="-----\nB=not this\n-----"\nC=1', { A: '-----\nB=not this\n-----', C: '1' }],
  ['an empty value', 'A=\nB=""', { A: '', B: '' }],
])('%s is read as it was written', (_words, text, values) => {
  expect(read(text)).toEqual({ values, faults: [] })
})

test.each([
  ['BCC_ADMIN_PASSWORD=Kata-Sandi-Rahasia#2026', 'BCC_ADMIN_PASSWORD has a #'],
  ['BCC_ADMIN_PASSWORD=Kata Sandi #2026', 'BCC_ADMIN_PASSWORD has a #'],
  ['BCC_INFLUX_TOKEN=#abc', 'BCC_INFLUX_TOKEN has a #'],
  ['BCC_DATA_DIR=/srv/x#1', 'BCC_DATA_DIR has a #'],
  ['BCC_HTTP_PORT', 'is no NAME=value'],
  ['BCC_HTTP_PORT: 8080', 'is no NAME=value'],
  ['BCC-HTTP-PORT=8080', 'is no NAME=value'],
  ['8080', 'is no NAME=value'],
  ['BCC_A="1', 'a quote that is not closed'],
  ["BCC_A='1' 2", 'goes on behind its closing quote'],
])('line 2, %s, is refused in a sentence without the value', (line, words) => {
  const { faults } = read(`A=1\n${line}\n`)
  expect(faults).toEqual([expect.stringMatching(/^\.env line 2: .+\.$/)])
  expect(faults[0]).toContain(words)
  expect(faults[0]).not.toMatch(/Kata|2026|abc/)
})

test('a name that is set twice is told with both lines', () => {
  expect(read('A=1\nB=2\n\nA=3').faults).toEqual(['.env line 4: A is set already in line 1.'])
})

test.each<[string, Uint8Array]>([
  ['UTF-16 with its mark', Buffer.from('\ufeffBCC_A=1', 'utf16le')],
  ['UTF-16 without', Buffer.from('BCC_A=1', 'utf16le')],
  ['Latin-1', Buffer.from('BCC_A=\xe9', 'latin1')],
])('a file in %s is refused', (_words, bytes) => {
  expect(parseEnvFile(bytes)).toEqual({ values: {}, faults: [expect.stringMatching(/UTF-8/)] })
})

describe('the whole program', () => {
  const main = join(projectRoot, 'main.ts')

  function start(dir: string, env: Record<string, string> = {}) {
    const { PATH = '' } = process.env
    return spawnSync(process.execPath, [main, 'start'], { cwd: dir, env: { PATH, ...env }, encoding: 'utf8' })
  }

  test('tells what is wrong with .env and with the settings at once, and starts nothing', () => {
    const dir = tempDir()
    writeFileSync(join(dir, '.env'), '\ufeffBCC_MQTT_PORT=many\r\nBCC_ADMIN_PASSWORD=Kata#1\r\n')
    const { status, stderr } = start(dir, { BCC_HTTP_PORT: ' ' })
    expect(status).toBe(1)
    expect(stderr.trim().split('\n')).toEqual([
      '.env line 2: BCC_ADMIN_PASSWORD has a # in a value without quotes: put quotes around the value, or the comment on a line of its own.',
      'BCC_HTTP_PORT is blank: give it a value, or take it away.',
      'BCC_MQTT_PORT is not a whole number from 0 to 65535: many.',
    ])
  })

  test('says so where .env cannot be read', () => {
    const dir = tempDir()
    mkdirSync(join(dir, '.env'))
    expect(start(dir)).toMatchObject({ status: 1, stderr: '.env cannot be read (EISDIR).\n' })
  })

  test('helps', () => {
    const help = (word: string) => execFileSync(process.execPath, [main, word], { cwd: tempDir(), encoding: 'utf8' })
    for (const command of ['start', 'demo', 'sim', 'bcc', 'broker', 'ingest', 'api']) {
      expect(help('--help')).toContain(command)
    }
    expect(help('-h')).toBe(help('--help'))
  })
})
