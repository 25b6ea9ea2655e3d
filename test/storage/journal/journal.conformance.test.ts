import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openJournalReader } from '../../../storage/journal/reader.ts'
import { listSegments } from '../../../storage/journal/segment.ts'
import { openJournalWriter } from '../../../storage/journal/writer.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { type JournalGround, journalTests } from '../conformance/journal.ts'

const writerProcess = join(import.meta.dirname, '..', '..', 'support', 'storage', 'journal-writer.ts')

function fileOf(dir: string, seq: number): string {
  return listSegments(dir).findLast(({ firstSeq }) => firstSeq <= seq)?.path ?? ''
}

/** Segments small enough for several of them in a test. */
function ground(): JournalGround {
  const dir = tempDir()
  return {
    openWriter: ({ quotaBytes = 1e9 } = {}) => openJournalWriter({ dir, quotaBytes, segmentBytes: 10_000 }),
    openReader(options) {
      const reader = openJournalReader(dir, options)
      onTestFinished(() => reader.close())
      return reader
    },
    entriesOfFile: 80,
    async appendUntilKilled(first, count) {
      const child = fork(writerProcess, [dir, String(first)])
      let highest = -1
      child.on('message', (n) => {
        highest = Number(n)
      })
      await expect.poll(() => highest, { timeout: 10_000, interval: 5 }).toBeGreaterThan(first + count)
      child.kill('SIGKILL')
      await once(child, 'exit')
      return highest
    },
    damageBatch(_partition, seq) {
      const db = new DatabaseSync(fileOf(dir, seq))
      db.prepare("UPDATE batch SET body = replace(body, X'22', X'21') WHERE seq = ?").run(seq)
      db.close()
    },
    damageFile: (_partition, seq) => writeFileSync(fileOf(dir, seq), 'no database'),
  }
}

describe('a journal of SQLite segments', () => {
  test.each(Object.entries(journalTests))('%s', async (_name, run) => run(ground()))
})
