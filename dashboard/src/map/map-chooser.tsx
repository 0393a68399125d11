import { rowFlag } from '@xunji/gateway/wire';
import { type JSX, useEffect, useRef } from 'react';
import { StateShape } from '../marks/state-shape.tsx';
import { useText } from '../text/text.ts';
import type { MapSources, Overlap } from './scene.ts';

/** Names listed at most; of more the user is asked to zoom in. */
const MOST = 8;
const WIDTH = 220;
const ROW = 32;

/** Asks which of several devices under one click was meant. */
export const MapChooser = (props: {
  readonly overlap: Overlap;
  readonly sources: MapSources;
  readonly choose: (key: string | null) => void;
}): JSX.Element => {
  const text = useText();
  const { overlap, sources, choose } = props;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (overlap.keys.length > 0) box.current?.querySelector('button')?.focus();
    const outside = (event: PointerEvent): void => {
      const { target } = event;
      if (target instanceof Node && !box.current?.contains(target)) choose(null);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [overlap, choose]);
  const { fleet } = sources;
  const now = sources.now();
  const [x, y] = overlap.pixel;
  const listed = overlap.keys.slice(0, MOST);
  const height = (listed.length + 1) * ROW + 16;
  const more = overlap.keys.length - listed.length;
  return (
    <div
      ref={box}
      className="map-popover map-chooser"
      role="dialog"
      aria-label={text('map.choose', { n: overlap.keys.length })}
      data-testid="map-chooser"
      style={{
        left: `clamp(8px, ${x + 12}px, calc(100% - ${WIDTH + 8}px))`,
        top: `clamp(8px, ${y + 12}px, calc(100% - ${height}px))`,
        width: WIDTH,
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        choose(null);
      }}
    >
      <p>{text('map.choose', { n: overlap.keys.length })}</p>
      {listed.map((key) => {
        const slot = fleet.slotOf(key);
        return (
          <button key={key} type="button" onClick={() => choose(key)}>
            <StateShape
              state={fleet.state(slot, now)}
              wasMoving={((fleet.at.flags[slot] ?? 0) & rowFlag.moving) !== 0}
            />
            <span className="cut">{fleet.device(slot)?.name ?? key}</span>
          </button>
        );
      })}
      {more > 0 ? <p>{text('map.chooseMore', { n: more })}</p> : null}
    </div>
  );
};
