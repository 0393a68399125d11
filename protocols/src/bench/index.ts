export * from './decode.ts';
export { type Gt06DecodeFigures, measureGt06Decode } from './decode-gt06.ts';
