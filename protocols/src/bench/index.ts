export type { DecodeFigures } from './beside.ts';
export * from './decode.ts';
export { measureGt06Decode } from './decode-gt06.ts';
