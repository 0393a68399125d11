import type { Lod } from '../scene.ts';

/** Devices in view up to which each gets its own sprite. */
export const MAX_SPRITES = 3000;
/** Labels at most, however many sprites stand. */
export const MAX_LABELS = 400;
/** Edge of a dot, CSS px. */
export const DOT_PX = 4;

/** How devices are drawn, by their number in view; a moving view lowers nothing below the limit. */
export const lodOf = (inView: number): Lod => (inView <= MAX_SPRITES ? 'sprites' : 'dots');
