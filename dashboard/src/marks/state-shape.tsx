import './marks.css';
import type { JSX } from 'react';
import type { DeviceState } from '../live/device-state.ts';
import { type Part, shapeOf, shapeParts } from './shapes.ts';

const paint = (part: Part): JSX.Element => {
  if ('letter' in part) {
    return (
      <text
        key={part.letter}
        x={part.x}
        y={part.y}
        textAnchor="middle"
        fontSize={part.size}
        fontWeight={700}
        fill={`var(--${part.color})`}
      >
        {part.letter}
      </text>
    );
  }
  if ('fill' in part) {
    return <path key={part.d} d={part.d} fill={`var(--${part.fill})`} opacity={part.opacity} />;
  }
  return (
    <path
      key={part.d}
      d={part.d}
      fill="none"
      stroke={`var(--${part.stroke})`}
      strokeWidth={part.width}
      strokeDasharray={part.dash?.join(' ')}
      strokeLinecap={part.dash === undefined ? 'round' : 'butt'}
      strokeLinejoin="round"
      opacity={part.opacity}
    />
  );
};

/** The symbol of a device state, the same as on the map. Decoration unless given a label. */
export const StateShape = (props: {
  readonly state: DeviceState;
  /** For a delayed device: whether it moved when last heard; chips leave it out. */
  readonly wasMoving?: boolean | undefined;
  /** CSS pixels. */
  readonly size?: number | undefined;
  readonly label?: string | undefined;
}): JSX.Element => {
  const { state, wasMoving = true, size = 16, label } = props;
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      className="mark"
      role="img"
      aria-hidden={label === undefined}
      aria-label={label}
    >
      {shapeParts[shapeOf(state, wasMoving)].map(paint)}
    </svg>
  );
};
