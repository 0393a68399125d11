declare global {
  interface Window {
    /** For journeys through the page: where to click for a device. */
    dash?: { pixelOf: (idOrKey: string) => { x: number; y: number } | null };
  }
}

/**
 * Offers `window.dash.pixelOf`: the client pixel of a device's marker, or null. It tells nothing that the page
 * does not show, so every build has it. Returns what takes it back.
 */
export const offerPixels = (
  pixelOf: (idOrKey: string) => { x: number; y: number } | null,
): (() => void) => {
  const handle = { pixelOf };
  window.dash = handle;
  return () => {
    if (window.dash === handle) delete window.dash;
  };
};
