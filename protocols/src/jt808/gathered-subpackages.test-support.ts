import { type Checks, inTheirWords } from './gathered.test-support.ts';

const request = inTheirWords(({ ids, ...rest }) => ({
  ...rest,
  count: (ids as readonly number[]).length,
  ids,
}));

/** Asking for parts again. */
export const subpackageChecks: Checks = { '0x0005': request, '0x8003': request };
