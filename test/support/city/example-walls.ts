import type { Wall, WallSettings } from '../../../contract/http/walls.ts'

/** Walls of several kinds, for tests and pictures. */

const looks = {
  ...{ bezelMm: 3.5, farthestViewerM: 5, theme: 'malam', lang: 'id' },
  ...{ playlist: [], tiles: [] },
} satisfies Partial<WallSettings>

const monitor = (x: number, y: number, w: number, h: number, diagonalIn: number) => ({ x, y, w, h, diagonalIn })

/** Four monitors above three larger ones. */
export const seven: Wall = {
  ...{ id: 'tujuh', rev: 1 },
  settings: {
    ...{ ...looks, name: 'Empat di atas tiga' },
    monitors: [
      ...[0, 1, 2, 3].map((i) => monitor(1440 * i, 0, 1440, 900, 42)),
      ...[0, 1, 2].map((i) => monitor(1920 * i, 900, 1920, 1080, 55)),
    ],
  },
}

/** A large monitor with three small ones at its side. */
export const mixed: Wall = {
  ...{ id: 'campur', rev: 1 },
  settings: {
    ...{ ...looks, name: 'Satu besar, tiga kecil', farthestViewerM: 4 },
    monitors: [monitor(0, 0, 3840, 2160, 86), ...[0, 1, 2].map((i) => monitor(3840, 720 * i, 1280, 720, 43))],
  },
}

export const grid = (cols: number, rows: number, more: Partial<WallSettings> = {}): Wall => ({
  ...{ id: `${cols}x${rows}`, rev: 1 },
  // The defaults above are whole; `more` only replaces.
  settings: {
    ...{ ...looks, name: `${cols} x ${rows}` },
    ...{ cols, rows, panel: { w: 1920, h: 1080, diagonalIn: 55 } },
    ...more,
  } as WallSettings,
})

export const exampleWalls: readonly Wall[] = [seven, mixed, grid(3, 2), grid(2, 2), grid(7, 1)]
