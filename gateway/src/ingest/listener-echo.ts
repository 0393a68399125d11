/*
 * Sends every handle it is sent back to its parent, where it arrives as a handle of its own over the same listening
 * socket; see `listeners.ts`. It never listens itself.
 */
process.on('message', (message: unknown, handle: unknown) => {
  process.send?.(message, handle as never);
});
// The parent is gone, or has what it wants.
process.on('disconnect', () => process.exit(0));
