import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'understudies/**/*.test.ts', 'apps/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 20_000,
    // Vitest leaves one core to itself, which on a machine of two means one file after the other; many tests wait for probes and clocks.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
