export * from './position.ts';
export * from './protocol.ts';
