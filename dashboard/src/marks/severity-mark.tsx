import './marks.css';
import type { Severity } from '@xunji/gateway/wire';
import type { JSX } from 'react';
import { severityShapes } from './shapes.ts';

/** The symbol of an alarm level. Decoration unless given a label, since the word stands beside it. */
export const SeverityMark = (props: {
  readonly severity: Severity;
  /** CSS pixels. */
  readonly size?: number | undefined;
  readonly label?: string | undefined;
}): JSX.Element => {
  const { severity, size = 16, label } = props;
  const shape = severityShapes[severity];
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
      <path
        d={shape.d}
        fill={`var(--${shape.token})`}
        stroke={`var(--${shape.token}-e)`}
        strokeWidth={1}
        strokeLinejoin="round"
      />
      <text
        x={8}
        y={shape.letterY}
        textAnchor="middle"
        fontSize={shape.letterSize}
        fontWeight={700}
        fill={`var(--on-${shape.token})`}
      >
        {shape.letter}
      </text>
    </svg>
  );
};
