import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { useApp } from '../app.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { useNow } from '../parts/use-now.ts';
import { useRecord } from '../state.ts';
import { number, useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { AlarmCard } from './alarm-card.tsx';
import { type Card, CLOSED_SHOWN, rail } from './fold.ts';

const headWords = {
  waiting: 'alarm.waiting',
  handled: 'alarm.acknowledgedSection',
  closed: 'alarm.closedSection',
} as const;

type Line =
  | { readonly head: keyof typeof headWords; readonly count: number }
  | { readonly card: Card }
  | { readonly hidden: number };

/** Every alarm that waits, then those somebody has, then those that are over. */
export const AlarmRail = () => {
  const text = useText();
  const app = useApp();
  const now = useNow();
  const changed = useTopic(app.alarms.changed);
  const { alarm: chosen } = useRecord(app.look);
  const scroller = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the alarms
  const { waiting, handled, closed, hidden } = useMemo(
    () => rail(app.alarms.all()),
    [app, changed],
  );
  const lines: Line[] = [];
  if (waiting.length > 0) lines.push({ head: 'waiting', count: waiting.length });
  lines.push(...waiting.map((card) => ({ card })));
  if (handled.length > 0) lines.push({ head: 'handled', count: handled.length });
  lines.push(...handled.map((card) => ({ card })));
  if (closed.length > 0) lines.push({ head: 'closed', count: closed.length + hidden });
  lines.push(...closed.map((card) => ({ card })));
  if (hidden > 0) lines.push({ hidden });
  const keyAt = (i: number): string => {
    const line = lines[i];
    if (line === undefined) return String(i);
    return 'head' in line ? line.head : 'card' in line ? line.card.alarm.id : 'hidden';
  };
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => {
      const line = lines[i];
      if (line === undefined || !('card' in line)) return 28;
      return line.card.alarm.handling === 'new' ? 124 : 84;
    },
    getItemKey: keyAt,
    overscan: 6,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another chosen alarm scrolls
  useEffect(() => {
    const at = lines.findIndex((l) => 'card' in l && l.card.alarms.some((a) => a.id === chosen));
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [chosen]);
  return (
    <section
      id="alarms"
      tabIndex={-1}
      ref={scroller}
      className="rail"
      aria-label={text('alarm.label')}
      data-testid="rail"
      data-waiting={waiting.length}
    >
      {lines.length === 0 ? (
        <EmptyState title={text('alarm.none')} text={text('alarm.noneText')} />
      ) : (
        <div style={{ height: virtual.getTotalSize() }} className="list-sizer">
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            if (line === undefined) return null;
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="list-item"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {'head' in line ? (
                  <h3 className="rail-head">
                    {text(headWords[line.head])}
                    <span>{number(line.count)}</span>
                  </h3>
                ) : 'card' in line ? (
                  <AlarmCard
                    card={line.card}
                    now={now}
                    place="rail"
                    isSelected={line.card.alarms.some((a) => a.id === chosen)}
                  />
                ) : (
                  <p className="rail-hidden">{text('alarm.moreShown', { n: CLOSED_SHOWN })}</p>
                )}
              </div>
            );
          })}
        </div>
      )}
    </section>
  );
};
