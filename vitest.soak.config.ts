import { defineConfig } from 'vitest/config';

// The long forms of tests, outside `.ci/run`: SEEDS and SECONDS say how long; each prints its figures.
export default defineConfig({
  resolve: { conditions: ['source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['gateway/src/**/*.soak.ts', 'simulators/src/**/*.soak.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    fileParallelism: false,
    // A soak states its own duration; what hangs is stopped by whoever started it.
    testTimeout: 0,
    hookTimeout: 0,
    disableConsoleIntercept: true,
    passWithNoTests: true,
  },
});
