import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';

/** The built dashboard: its files and the page every route of its own falls back to. */
export interface Dashboard {
  readonly files: RequestHandler;
  readonly page: RequestHandler;
  /** Short hash of the page, which names its hashed assets; null when the dashboard has not been built. */
  readonly hash: string | null;
}

const YEAR_MS = 365 * 24 * 3_600_000;

/** @param directory of the Vite build; may be missing */
export function openDashboard(directory: string): Dashboard {
  const page = readPage(join(directory, 'index.html'));
  const files = express.static(directory, {
    index: false,
    setHeaders: (response, path) => {
      // Vite puts a hash of the content into every name below assets/.
      response.set(
        'Cache-Control',
        path.startsWith(join(directory, 'assets'))
          ? `public, max-age=${YEAR_MS / 1000}, immutable`
          : 'no-cache',
      );
    },
  });
  return {
    files,
    hash: page && createHash('sha256').update(page).digest('hex').slice(0, 8),
    page: (_request, response) => {
      response.set('Cache-Control', 'no-cache');
      if (page === null) {
        response.status(503).type('text/plain').send('The dashboard is not built: npm run build\n');
      } else response.type('text/html').send(page);
    },
  };
}

function readPage(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
