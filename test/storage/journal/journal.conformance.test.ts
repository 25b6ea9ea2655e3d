import { describe, onTestFinished, test } from 'vitest'
import { openJournalReader } from '../../../storage/journal/reader.ts'
import { openJournalWriter } from '../../../storage/journal/writer.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { type JournalGround, journalTests } from '../conformance/journal.ts'

/** Segments small enough for several of them in a test. */
function ground(): JournalGround {
  const dir = tempDir()
  return {
    openWriter: ({ quotaBytes = 1e9 } = {}) => openJournalWriter({ dir, quotaBytes, segmentBytes: 10_000 }),
    openReader() {
      const reader = openJournalReader(dir)
      onTestFinished(() => reader.close())
      return reader
    },
    entriesOfFile: 80,
  }
}

describe('a journal of SQLite segments', () => {
  test.each(Object.entries(journalTests))('%s', async (_name, run) => run(ground()))
})
