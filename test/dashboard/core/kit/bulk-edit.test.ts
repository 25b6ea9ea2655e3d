import { describe, expect, test } from 'vitest'
import { devicesPatchSchema } from '../../../../contract/http/devices.ts'
import { bulkSetOf, changeMany, todayOf, wouldChange } from '../../../../dashboard/core/kit/bulk-edit.ts'

const device = { expectedS: 60, parentId: 'gw-1', areaCode: '12.75.01.1001', opd: null, disabled: false }
const devices = [device, { ...device, parentId: null, disabled: true }, device]

function formOf(fields: Record<string, string>): FormData {
  const form = new FormData()
  for (const [name, words] of Object.entries(fields)) form.set(name, words)
  return form
}

test('what the chosen devices have in common is told, and where they differ', () => {
  expect(todayOf(devices, 'expectedS')).toEqual({ same: true, is: 60 })
  expect(todayOf(devices, 'opd')).toEqual({ same: true, is: null })
  expect(todayOf(devices, 'parentId')).toEqual({ same: false })
  expect(todayOf(devices, 'disabled')).toEqual({ same: false })
})

test('only those count that would become different', () => {
  expect(wouldChange(devices, {})).toBe(0)
  expect(wouldChange(devices, { expectedS: 60 })).toBe(0)
  expect(wouldChange(devices, { disabled: true })).toBe(2)
  expect(wouldChange(devices, { disabled: true, parentId: null })).toBe(2)
  expect(wouldChange(devices, { opd: 'dishub' })).toBe(3)
  expect(wouldChange(devices, { expectedS: null })).toBe(3)
})

describe('the form', () => {
  test('names only what is to be changed, as the api takes it', () => {
    const set = bulkSetOf(
      formOf({
        expectedS: 'set',
        'expectedS-value': ' 2,5 ',
        parentId: 'clear',
        areaCode: '12.75.02.1001',
        opd: 'leave',
        'opd-value': 'left from before',
        disabled: 'true',
      }),
    )
    expect(set).toEqual({ expectedS: 2.5, parentId: null, areaCode: '12.75.02.1001', disabled: true })
    expect(devicesPatchSchema.parse({ ids: ['r-1'], set }).set).toEqual(set)
  })

  test('puts devices back into service, and an office may be called "clear"', () => {
    const set = bulkSetOf(formOf({ disabled: 'false', opd: 'set', 'opd-value': 'clear' }))
    expect(set).toEqual({ disabled: false, opd: 'clear' })
  })

  test.each([{ opd: 'set' }, { opd: 'set', 'opd-value': '  ' }, { expectedS: 'set', 'expectedS-value': 'often' }])(
    'is not complete with %j',
    (fields) => expect(bulkSetOf(formOf(fields))).toBeUndefined(),
  )
})

describe('many devices', () => {
  const ids = Array.from({ length: 2300 }, (_, n) => `d-${n}`)

  /** Takes as many calls as it is told, then refuses. */
  function server(calls: number) {
    const sizes: number[] = []
    const send = async <T>(_method: string, _path: string, body?: unknown): Promise<T> => {
      if (sizes.length === calls) throw new Error('refused')
      const { ids: some } = devicesPatchSchema.parse(body)
      sizes.push(some.length)
      // The answer of PATCH /api/v1/devices.
      return { changed: some.length - 1, unchanged: 1 } as T
    }
    return { sizes, send }
  }

  test('are changed in as many calls as the api needs, and the page is told how far it is', async () => {
    const rest = server(9)
    const progress: number[] = []
    const result = await changeMany(rest, { ids, set: { opd: 'x' }, onProgress: (done) => progress.push(done) })
    expect(rest.sizes).toEqual([1000, 1000, 300])
    expect(progress).toEqual([0, 1000, 2000])
    expect(result).toEqual({ changed: 2297, unchanged: 3, left: 0 })
  })

  test('that were refused in the middle are counted, and nothing more is sent', async () => {
    const result = await changeMany(server(1), { ids, set: { opd: 'x' }, onProgress: () => undefined })
    expect(result).toMatchObject({ changed: 999, unchanged: 1, left: 1300, failed: new Error('refused') })
  })
})
