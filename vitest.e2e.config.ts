import { defineConfig } from 'vitest/config';

// Starts the built programs as processes; one after the other, because they measure time.
export default defineConfig({
  test: {
    include: ['gateway/src/e2e/**/*.test.ts', 'dashboard/src/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
