import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { landPlugin } from './land.plugin.ts';

export default defineConfig({
  plugins: [react(), landPlugin()],
  // The gateway's shared words are read from their source, so no build of the gateway has to come first.
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Base-map data apart from script: it never changes and does not count against its budget.
            { name: 'land', test: /virtual:land/ },
            { name: 'map', test: /node_modules\/(ol|rbush|quickselect|earcut)\// },
            {
              name: 'frame',
              test: /node_modules\/(react|react-dom|scheduler|@mantine|@floating-ui)\//,
            },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/api': 'http://127.0.0.1:8080',
      '/healthz': 'http://127.0.0.1:8080',
      '/readyz': 'http://127.0.0.1:8080',
      '/live/': { target: 'http://127.0.0.1:8080', ws: true },
    },
  },
});
