import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
    // How long a busy machine takes is not what a poll is about; the benchmarks measure that.
    expect: { poll: { timeout: 10_000 } },
  },
})
