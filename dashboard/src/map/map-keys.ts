/** What keys do on the map. */
export interface KeyTargets {
  readonly pan: (dx: number, dy: number) => void;
  readonly zoom: (steps: number) => void;
  /** Goes to the next (1) or previous (-1) device from the centre outwards; false at either end. */
  readonly step: (by: 1 | -1) => boolean;
  /** Chooses the device stood on; false when none is. */
  readonly choose: () => boolean;
  /** Leaves the device stood on, or ends drawing; false when there was nothing to leave. */
  readonly leave: () => boolean;
  /** Removes the chosen vertex or takes the last point back; false when there is neither. */
  readonly remove: () => boolean;
}

const PAN_PX = 96;

/** Answers one key press; true when the map took it. Tab at either end of the devices leaves the map as usual. */
export const answerKey = (
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  to: KeyTargets,
): boolean => {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  switch (event.key) {
    case 'ArrowLeft':
      to.pan(-PAN_PX, 0);
      return true;
    case 'ArrowRight':
      to.pan(PAN_PX, 0);
      return true;
    case 'ArrowUp':
      to.pan(0, -PAN_PX);
      return true;
    case 'ArrowDown':
      to.pan(0, PAN_PX);
      return true;
    case '+':
    case '=':
      to.zoom(1);
      return true;
    case '-':
    case '_':
      to.zoom(-1);
      return true;
    case 'Tab':
      return to.step(event.shiftKey ? -1 : 1);
    case 'Enter':
    case ' ':
      return to.choose();
    case 'Escape':
      return to.leave();
    case 'Delete':
    case 'Backspace':
      return to.remove();
    default:
      return false;
  }
};
