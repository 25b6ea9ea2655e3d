import { expect, test } from 'vitest'
import { type Storage, storageFault } from '../../../domain/system/storage-fault.ts'
import { firstPipeline } from '../../support/city/scripted-pipeline.ts'

const { storage: well } = firstPipeline()
if (well === null) throw new Error('a scripted pipeline has its store')

const faults: [Partial<Storage>, ReturnType<typeof storageFault>][] = [
  [{}, undefined],
  [{ fault: 'the seal thread ended' }, 'fault'],
  [{ fault: 'x', damagedFiles: ['cold-2026-10.db'] }, 'damagedFiles'],
  [{ damagedFiles: ['cold-2026-10.db'], missingDays: 1 }, 'missingDays'],
  [{ missingDays: 1, overBudget: true }, 'overBudget'],
  [{ overBudget: true, low: true }, 'low'],
]

test.each(faults)('the worst fault of a store with %j is %s', (more, fault) => {
  expect(storageFault({ ...well, ...more })).toBe(fault)
})
