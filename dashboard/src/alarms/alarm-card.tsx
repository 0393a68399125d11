import { Button, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { Alarm } from '@xunji/gateway/wire';
import { useState } from 'react';
import { alarmKey, useApp } from '../app.ts';
import { tabShown } from '../live/panel.ts';
import { SeverityMark } from '../marks/severity-mark.tsx';
import { Icon } from '../parts/icon.tsx';
import { isNarrow } from '../parts/narrow.ts';
import { mayHandle } from '../session.ts';
import { createState, useRecord } from '../state.ts';
import { alarmSubject, alarmWord, failureWord, severityWord } from '../text/naming.ts';
import { moment, running, t, useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import type { Card } from './fold.ts';
import './alarms.css';

/** The alarm whose note is being written, null for none. One for the page: Shift+A opens it from anywhere. */
export const noting = createState<{ id: string | null }>({ id: null });

/** Acknowledges every alarm of a card and says what came of it. */
export const acknowledgeCard = async (
  acknowledge: ReturnType<typeof useApp>['acknowledge'],
  card: Card,
  note?: string,
): Promise<boolean> => {
  let done = true;
  for (const alarm of card.alarms) {
    if (alarm.handling !== 'new') continue;
    const refused = await acknowledge(alarm, note);
    if (refused === null) continue;
    done = false;
    const who = refused.alarm?.acknowledgedBy ?? null;
    notifications.show({
      message:
        refused.code === 'conflict' && who !== null
          ? t('alarm.conflict', { who })
          : t('alarm.ackFailed', { reason: failureWord(refused.code) }),
      autoClose: 8_000,
    });
  }
  return done;
};

/** Shows where an alarm happened, and selects its device. */
export const locate = (app: ReturnType<typeof useApp>, alarm: Alarm): void => {
  const key = alarmKey(alarm);
  const narrow = isNarrow();
  // A list of alarms somebody works through stays; a sheet would hide the place, so it turns to the subject.
  const panel = narrow ? 'subject' : tabShown(app.look.get(), app.alarms.all());
  const sheet = narrow ? 'panel' : null;
  app.look.set({ selected: key, alarm: alarm.id, follow: false, panel, sheet });
  const slot = app.fleet.slotOf(key);
  const view = app.view.current;
  if (slot >= 0 && app.fleet.placed(slot)) {
    view?.centerOn(app.fleet.at.lon[slot] ?? 0, app.fleet.at.lat[slot] ?? 0, 16);
  } else if (alarm.latitude !== null && alarm.longitude !== null) {
    view?.centerOn(alarm.longitude, alarm.latitude, 16);
  }
};

const Note = ({ card, onDone }: { readonly card: Card; readonly onDone: () => void }) => {
  const text = useText();
  const app = useApp();
  const [note, setNote] = useState('');
  const [isBusy, setBusy] = useState(false);
  const send = async (): Promise<void> => {
    setBusy(true);
    const done = await acknowledgeCard(app.acknowledge, card, note.trim());
    setBusy(false);
    if (done) onDone();
  };
  return (
    <form
      className="alarm-note"
      onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}
    >
      <Textarea
        aria-label={text('alarm.note')}
        placeholder={text('alarm.notePlaceholder')}
        autoFocus
        autosize={false}
        rows={2}
        maxLength={500}
        value={note}
        onChange={(e) => setNote(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === 'Escape') {
            e.stopPropagation();
            onDone();
          }
          if (e.key === 'Enter' && !e.shiftKey && !e.nativeEvent.isComposing) {
            e.preventDefault();
            void send();
          }
        }}
      />
      <div className="alarm-buttons">
        <Button size="xs" variant="filled" type="submit" loading={isBusy}>
          {text('alarm.ack')}
        </Button>
        <Button size="xs" onClick={onDone}>
          {text('alarm.cancel')}
        </Button>
      </div>
    </form>
  );
};

/** What happened to an alarm so far, in one line. */
const Story = ({ alarm, now }: { readonly alarm: Alarm; readonly now: number }) => {
  const text = useText();
  const parts: string[] = [];
  if (alarm.acknowledgedBy !== null && alarm.acknowledgedAt !== null) {
    const time = moment(Date.parse(alarm.acknowledgedAt), now);
    parts.push(text('alarm.ackedBy', { who: alarm.acknowledgedBy, time }));
  }
  if (alarm.condition === 'cleared') parts.push(text('alarm.cleared'));
  if (alarm.late) parts.push(text('alarm.late'));
  if (alarm.note !== null && alarm.note !== '') parts.push(alarm.note);
  return parts.length === 0 ? null : <p className="alarm-story">{parts.join(' · ')}</p>;
};

/**
 * One alarm, the same block everywhere.
 * @param place in the rail it names its subject; in the detail the subject stands above it
 */
export const AlarmCard = (props: {
  readonly card: Card;
  readonly now: number;
  readonly place: 'rail' | 'detail';
  readonly isSelected?: boolean;
}) => {
  const text = useText();
  const app = useApp();
  useTopic(app.live.link);
  const { id: noteId } = useRecord(noting);
  const { session } = useRecord(app.standing);
  const [isBusy, setBusy] = useState(false);
  const { card, now, place, isSelected = false } = props;
  const { alarm } = card;
  const waits = alarm.handling === 'new';
  const device = app.fleet.device(app.fleet.slotOf(alarmKey(alarm)));
  const isUp = app.live.state.kind === 'up';
  const canHandle = session !== null && mayHandle(session.user.role);
  const end = waits || alarm.acknowledgedAt === null ? now : Date.parse(alarm.acknowledgedAt);
  const acknowledge = async (): Promise<void> => {
    setBusy(true);
    await acknowledgeCard(app.acknowledge, card);
    setBusy(false);
  };
  const who = alarmSubject(alarm, device);
  return (
    <article
      className="alarm"
      data-severity={alarm.severity}
      data-handling={alarm.handling}
      data-selected={isSelected}
      data-testid="alarm-card"
      data-alarm={alarm.id}
      aria-label={`${severityWord(alarm.severity)} ${alarmWord(alarm)} ${who}`}
    >
      <button
        type="button"
        className="alarm-head"
        onClick={() => locate(app, alarm)}
        title={text('alarm.locate')}
      >
        <SeverityMark severity={alarm.severity} size={18} label={severityWord(alarm.severity)} />
        <span className="alarm-what cut">
          {alarmWord(alarm)}
          {alarm.fence === null ? '' : ` · ${alarm.fence.name}`}
        </span>
        {card.count > 1 ? (
          <span className="alarm-count">{text('alarm.count', { n: card.count })}</span>
        ) : null}
        <span className="alarm-age">{running(end - Date.parse(alarm.occurredAt))}</span>
        {place === 'rail' ? (
          <span className="alarm-who cut">
            {who}
            <small>{device?.group ?? ''}</small>
          </span>
        ) : null}
      </button>
      <Story alarm={alarm} now={now} />
      {waits && noteId === alarm.id ? (
        <Note card={card} onDone={() => noting.set({ id: null })} />
      ) : waits && canHandle ? (
        <div className="alarm-buttons">
          <Button
            size="xs"
            variant="filled"
            loading={isBusy}
            disabled={!isUp}
            title={isUp ? undefined : text('alarm.offlineHint')}
            onClick={() => void acknowledge()}
            data-testid="ack"
          >
            {text('alarm.ack')}
            {isSelected || place === 'detail' ? (
              <span className="key on-ink only-wide">A</span>
            ) : null}
          </Button>
          <Button
            size="xs"
            disabled={!isUp}
            title={isUp ? undefined : text('alarm.offlineHint')}
            onClick={() => noting.set({ id: alarm.id })}
          >
            {text('alarm.ackNote')}
          </Button>
          <i className="grow" />
          {place === 'rail' ? (
            <Button
              size="xs"
              variant="subtle"
              leftSection={<Icon name="locate" />}
              onClick={() => locate(app, alarm)}
            >
              {text('alarm.locate')}
            </Button>
          ) : null}
        </div>
      ) : null}
    </article>
  );
};
