import { memo } from 'react';
import { useApp } from '../app.ts';
import { SeverityMark } from '../marks/severity-mark.tsx';
import { StateShape } from '../marks/state-shape.tsx';
import { severityWord, stateWord } from '../text/naming.ts';
import { duration, number } from '../text/text.ts';
import type { DeviceState } from './device-state.ts';
import type { ListLine } from './list-view.ts';
import { wasMoving } from './standing.ts';

/** What a device does, in the fewest words: a speed while it drives, else for how long. */
const Doing = ({ slot, state, now }: { slot: number; state: DeviceState; now: number }) => {
  const { fleet } = useApp();
  const kind = fleet.device(slot)?.kind ?? 'vehicle';
  const still = fleet.at.stillSince[slot] ?? 0;
  if (state === 'moving' || state === 'suspect') {
    const speed = fleet.at.speed[slot] ?? 0;
    return `${number(speed, speed < 10 ? 1 : 0)} km/h`;
  }
  if (state === 'stale') return '—';
  const word = stateWord(state, kind);
  if ((state === 'parked' || state === 'idling') && still > 0 && now - still >= 60_000) {
    return `${word} ${duration(now - still)}`;
  }
  return word;
};

interface RowProps {
  readonly line: Extract<ListLine, { key: string }>;
  readonly now: number;
  readonly selected: boolean;
  readonly onSelect: (key: string) => void;
}

/** One device of the list. */
export const ListRow = memo(({ line, now, selected, onSelect }: RowProps) => {
  const { fleet } = useApp();
  const { device, key, alarm } = line;
  const { slot } = device;
  const state = fleet.state(slot, now);
  const isOld = state === 'stale' || state === 'offline' || state === 'offHours';
  const hasRow = fleet.has(slot);
  const seen = hasRow
    ? (fleet.at.fixTime[slot] ?? 0)
    : device.lastSeen === null
      ? 0
      : Date.parse(device.lastSeen);
  return (
    <div
      role="treeitem"
      aria-level={2}
      tabIndex={-1}
      aria-selected={selected}
      id={`row-${key}`}
      className="row"
      data-old={isOld}
      data-testid="device-row"
      data-device={key}
      data-state={state}
      onClick={() => onSelect(key)}
      onKeyDown={() => undefined}
    >
      <StateShape
        state={state}
        wasMoving={wasMoving(fleet, slot)}
        label={stateWord(state, device.kind)}
      />
      <span className="row-name cut">{device.name}</span>
      <span className="row-doing">
        <Doing slot={slot} state={state} now={now} />
      </span>
      <span className="row-age">{seen === 0 ? '' : duration(now - seen)}</span>
      {alarm === undefined ? (
        <i />
      ) : (
        <SeverityMark severity={alarm.severity} label={severityWord(alarm.severity)} />
      )}
    </div>
  );
});
