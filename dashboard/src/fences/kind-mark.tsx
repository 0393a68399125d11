import type { FenceKind } from '@xunji/gateway/wire';

/** How a kind's outline is drawn on the map, small. */
export const KindMark = ({ kind }: { readonly kind: FenceKind }) => {
  const stroke =
    kind === 'workshop' || kind === 'forbidden' ? 'var(--f-workshop)' : 'var(--f-patrol)';
  return (
    <svg className="icon" width={22} height={14} viewBox="0 0 22 14" fill="none" aria-hidden="true">
      {kind === 'site' ? (
        <circle cx={11} cy={7} r={4.8} stroke={stroke} strokeWidth={1.6} />
      ) : (
        <rect
          x={2}
          y={2}
          width={18}
          height={10}
          stroke={stroke}
          strokeWidth={kind === 'zone' ? 1 : 1.6}
          strokeDasharray={kind === 'patrol' ? '5 3' : undefined}
        />
      )}
      {kind === 'forbidden' ? (
        <path d="M6 11.5 9 2.5M10.5 11.5l3-9M15 11.5l3-9" stroke={stroke} strokeWidth={1.2} />
      ) : null}
    </svg>
  );
};
