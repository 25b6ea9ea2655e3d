import { expect, test } from 'vitest'
import { tableKeyOf } from '../../dashboard/console/table-keys.ts'

const held = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false }

test.each([
  [{ key: 'ArrowDown' }, { does: 'move', rows: 1, choose: false }],
  [
    { key: 'ArrowUp', shiftKey: true },
    { does: 'move', rows: -1, choose: true },
  ],
  [
    { key: 'End', shiftKey: true },
    { does: 'move', rows: 40, choose: true },
  ],
  [{ key: ' ' }, { does: 'toggle' }],
  [{ key: 'a', ctrlKey: true }, { does: 'choose-all' }],
  [{ key: 'a', metaKey: true }, { does: 'choose-all' }],
  [{ key: 'Escape' }, { does: 'clear' }],
  [{ key: 'Enter' }, { does: 'open' }],
  [{ key: 'E' }, { does: 'edit' }],
  // The browser's own, and letters of other pages.
  [{ key: 'e', ctrlKey: true }, undefined],
  [{ key: 'e', altKey: true }, undefined],
  [{ key: 'a' }, undefined],
  [{ key: 'd' }, undefined],
])('%j', (pressed, does) => {
  expect(tableKeyOf({ ...held, ...pressed }, 40)).toEqual(does)
})
