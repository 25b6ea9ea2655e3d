import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mutants } from './areas/index.ts'
import { drawClaims, readClaims } from './claims.ts'
import { withMutant } from './mutant.ts'

const claims = readClaims()

describe('the list of mutants', () => {
  test('has each id once', () => {
    const ids = mutants.map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  })

  test.each(mutants.map((mutant) => [mutant.id, mutant] as const))(
    '%s can still be put into the code',
    (_id, mutant) => {
      const before = readFileSync(mutant.file, 'utf8')
      expect(withMutant(before, mutant)).not.toBe(before)
    },
  )

  test.each(mutants.map((mutant) => [mutant.id, mutant] as const))(
    '%s breaks a claim that is made, and the tests that are cited for it are asked',
    (_id, { claim, tests }) => {
      const made = claims.find(({ id }) => id === claim)
      expect(made, claim).toBeDefined()
      expect(tests.length).toBeGreaterThan(0)
      for (const file of tests) {
        expect(existsSync(file), file).toBe(true)
        if (made !== undefined && made.cited.length > 0) expect(made.cited).toContain(file)
      }
    },
  )

  test('a mutant whose text is gone, or stands there twice, is an error', () => {
    const mutant = { ...{ id: 'x', claim: 'x', file: 'x.ts', tests: [] }, find: 'a', replace: 'b' }
    expect(() => withMutant('none', { ...mutant, find: 'z' })).toThrow('0 times')
    expect(() => withMutant('aa', mutant)).toThrow('2 times')
    expect(withMutant('ca$&', { ...mutant, replace: '$&' })).toBe('c$&$&')
  })
})

describe('claims', () => {
  test('are found in all tables of both documents, each by a name of its own', () => {
    const ids = claims.map(({ id }) => id)
    for (const id of ['secret device keys', 'ASVS 1.2.4', 'ETSI 5.1', 'BSSN autentikasi', 'PDP 8'])
      expect(ids).toContain(id)
    expect(ids).toContain('RELIABILITY kill-roles')
    expect(new Set(ids).size).toBe(ids.length)
    expect(claims.filter(({ what }) => what === '')).toEqual([])
  })

  test('the same seed draws the same, another seed others, and a new claim moves no other', () => {
    const names = (seed: number, from = claims) => drawClaims(from, { seed, count: 60 }).map(({ id }) => id)
    expect(names(1)).toHaveLength(60)
    expect(names(1, claims.toReversed())).toEqual(names(1))
    expect(names(2)).not.toEqual(names(1))
    const added = { id: 'ASVS 99', what: 'new', cited: [] }
    const kept = names(1).filter((id) => !names(1, [...claims, added]).includes(id))
    expect(kept.length).toBeLessThanOrEqual(1)
  })
})
