import { expect, test } from 'vitest'
import { sectionsOf } from './report.ts'

test('a report keeps the sections of what did not run here', () => {
  const report = '# Head\n\nwords ## no section\n\n## one\n\na\n\n| b |\n\n## two\n\nc\n'

  expect([...sectionsOf(report)]).toEqual([
    ['one', '## one\n\na\n\n| b |\n'],
    ['two', '## two\n\nc\n'],
  ])
  expect(sectionsOf('')).toEqual(new Map())
})
