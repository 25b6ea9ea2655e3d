import { defineConfig } from 'vitest/config'

/** Looks at pages that stand: how long anything takes is not what these are about. */
const pages = ['test/wall/pages/**/*.test.ts']
/** Starts whole systems or browsers, each many processes on a machine that may have two cores. */
const wholeSystems = ['test/e2e/**/*.test.ts', 'test/torture/**/*.test.ts', 'test/wall/**/*.test.ts']

export default defineConfig({
  test: {
    pool: 'forks',
    hookTimeout: 30_000,
    // How long a busy machine takes is not what a poll is about; the benchmarks measure that.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
          exclude: [...wholeSystems, '**/node_modules/**'],
          testTimeout: 20_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'pages',
          include: pages,
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // One after the other, and beside nothing else: two of them would starve each other's low-priority roles.
        extends: true,
        test: {
          name: 'whole',
          include: wholeSystems,
          exclude: pages,
          testTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
