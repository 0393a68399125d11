import { defineConfig } from 'vitest/config';

// Tests read the workspaces' sources, never a stale build.
export default defineConfig({
  resolve: { conditions: ['source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['*/src/**/*.test.ts', '*/src/**/*.test.tsx'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/e2e/**'],
    testTimeout: 20_000,
    // Tokens are read as text to compute their contrasts.
    css: { include: [/tokens/] },
  },
});
