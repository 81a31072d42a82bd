import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A slow lane runs forty times as much of each property.
    testTimeout: process.env['HEADWATER_LANE'] === undefined ? 30_000 : 1_200_000,
    hookTimeout: 60_000,
    pool: 'forks',
    reporters: ['default', './test/counting-reporter.ts'],
  },
})
