import type { FrameState } from 'ol/Map.js';
import type { View } from './project.ts';

/** A frame of ol as our painters take it. */
export function viewOf(frame: FrameState): View {
  const [width = 0, height = 0] = frame.size;
  const { center, resolution } = frame.viewState;
  const { pixelRatio } = frame;
  return { cx: center[0] ?? 0, cy: center[1] ?? 0, resolution, width, height, pixelRatio };
}
