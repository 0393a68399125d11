import { ActionIcon, Button, Select, Switch, TextInput } from '@mantine/core';
import type { FenceKind, FenceProperties, Severity } from '@xunji/gateway/wire';
import { type FormEvent, useState } from 'react';
import { severities } from '../live/alarm-book.ts';
import { SeverityMark } from '../marks/severity-mark.tsx';
import { Icon } from '../parts/icon.tsx';
import { fenceKindWord, severityWord } from '../text/naming.ts';
import { area, distance, useText } from '../text/text.ts';
import {
  addVertex,
  blindRingM,
  type Draft,
  fenceKinds,
  limits,
  measure,
  moveVertex,
  removeVertex,
  ringOf,
  ruleTypes,
} from './draft.ts';
import type { Editing } from './editing.ts';
import { KindMark } from './kind-mark.tsx';
import { NumberField } from './number-field.tsx';

const profiles: FenceProperties['profile'][] = ['lenient', 'neutral'];

interface Part {
  readonly draft: Draft;
  readonly onChange: (change: Partial<Draft>) => void;
}

/** Area, perimeter and what is wrong with the outline. */
const Measured = ({ draft }: { readonly draft: Draft }) => {
  const text = useText();
  const m = measure(draft.shape);
  return (
    <p className="fence-measures" data-testid="fence-measures">
      <span>
        {text('fence.area')} <b>{area(m.areaM2)}</b>
      </span>
      <span>
        {text('fence.perimeter')} <b>{distance(m.perimeterM)}</b>
      </span>
      {m.vertices === null ? null : (
        <span>
          {text('fence.vertices')} <b>{m.vertices}</b>
        </span>
      )}
      {m.fault !== null ? (
        <span className="fault" role="alert">
          <Icon name="warning" />
          {text(m.fault)}
        </span>
      ) : m.vertices === null ? null : (
        <span className="good">
          <Icon name="check" />
          {text('fence.simple')}
        </span>
      )}
    </p>
  );
};

/** The outline in numbers. */
const Outline = (
  props: Part & {
    readonly vertex: number | null;
    readonly onVertex: (index: number | null) => void;
  },
) => {
  const text = useText();
  const { draft, onChange, vertex, onVertex } = props;
  const { shape } = draft;
  const { geometry } = shape;
  if (geometry.type === 'MultiPolygon') return <p className="quiet">{text('fence.multi')}</p>;
  if (geometry.type === 'Point') {
    const [lon = 0, lat = 0] = geometry.coordinates;
    const move = (x: number, y: number): void =>
      onChange({ shape: { ...shape, geometry: { type: 'Point', coordinates: [x, y] } } });
    return (
      <>
        <div className="form-pair three">
          <NumberField
            label={text('fence.latitude')}
            value={lat}
            min={-85}
            max={85}
            digits={6}
            onChange={(v) => move(lon, v)}
          />
          <NumberField
            label={text('fence.longitude')}
            value={lon}
            min={-180}
            max={180}
            digits={6}
            onChange={(v) => move(v, lat)}
          />
          <NumberField
            label={text('fence.radius')}
            value={shape.radiusM ?? 0}
            {...limits.radiusM}
            digits={1}
            unit="m"
            onChange={(radiusM) => onChange({ shape: { ...shape, radiusM } })}
            testId="fence-radius"
          />
        </div>
        <p className="quiet">{text('fence.wgs84')}</p>
      </>
    );
  }
  const ring = ringOf(geometry);
  const set = (next: typeof geometry | Draft['shape']['geometry']): void =>
    onChange({ shape: { ...shape, geometry: next } });
  return (
    <>
      <p className="quiet">{text('fence.wgs84')}</p>
      <ol className="vertices">
        {ring.map(([lon = 0, lat = 0], i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a vertex is its place in the ring
          <li key={i} data-chosen={vertex === i}>
            <button type="button" className="vertex-number" onClick={() => onVertex(i)}>
              <span className="visually-hidden">{text('fence.vertex', { n: i + 1 })}</span>
              <span aria-hidden="true">{i + 1}</span>
            </button>
            <NumberField
              label={`${text('fence.vertex', { n: i + 1 })} ${text('fence.latitude')}`}
              isLabelHidden
              value={lat}
              min={-85}
              max={85}
              digits={6}
              onFocus={() => onVertex(i)}
              onChange={(v) => set(moveVertex(geometry, i, lon, v))}
            />
            <NumberField
              label={`${text('fence.vertex', { n: i + 1 })} ${text('fence.longitude')}`}
              isLabelHidden
              value={lon}
              min={-180}
              max={180}
              digits={6}
              onFocus={() => onVertex(i)}
              onChange={(v) => set(moveVertex(geometry, i, v, lat))}
            />
            <ActionIcon
              variant="subtle"
              aria-label={text('fence.addVertex')}
              title={text('fence.addVertex')}
              disabled={ring.length >= limits.vertices}
              onClick={() => {
                set(addVertex(geometry, i));
                onVertex(i + 1);
              }}
            >
              <Icon name="plus" />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              aria-label={text('fence.removeVertex', { n: i + 1 })}
              title={text('fence.removeVertex', { n: i + 1 })}
              disabled={ring.length <= 3}
              onClick={() => {
                set(removeVertex(geometry, i));
                onVertex(null);
              }}
            >
              <Icon name="minus" />
            </ActionIcon>
          </li>
        ))}
      </ol>
    </>
  );
};

/** The two rules a fence may have, each as a sentence with its severity. */
const Rules = ({ draft, onChange }: Part) => {
  const text = useText();
  const options = severities.map((value) => ({ value, label: severityWord(value) }));
  return ruleTypes.map((type) => {
    const severity = draft.alarms[type];
    const set = (value: Severity | null): void =>
      onChange({ alarms: { ...draft.alarms, [type]: value } });
    const label = text(type === 'exit' ? 'fence.alarmOnExit' : 'fence.alarmOnEnter');
    return (
      <div key={type} className="fence-rule">
        <Switch
          label={label}
          checked={severity !== null}
          onChange={(e) => set(e.currentTarget.checked ? 'high' : null)}
          data-testid={`rule-${type}`}
        />
        {severity === null ? null : (
          <Select
            aria-label={`${label} ${text('fence.severity')}`}
            data={options}
            value={severity}
            leftSection={<SeverityMark severity={severity} />}
            renderOption={({ option }) => (
              <span className="option">
                <SeverityMark severity={option.value as Severity} />
                {option.label}
              </span>
            )}
            onChange={(value) => set((value as Severity | null) ?? 'high')}
            data-testid={`severity-${type}`}
          />
        )}
      </div>
    );
  });
};

/** Everything about one fence. */
export const FenceForm = (props: {
  readonly state: Editing & { readonly draft: Draft };
  readonly isDirty: boolean;
  readonly isBusy: boolean;
  readonly isUp: boolean;
  readonly onChange: (change: Partial<Draft>) => void;
  readonly onVertex: (index: number | null) => void;
  readonly onSave: () => void;
  readonly onDiscard: () => void;
  readonly onDelete: () => void;
  readonly onLoadTheirs: () => void;
  readonly onKeepMine: () => void;
}) => {
  const text = useText();
  const { state, isDirty, isBusy, isUp, onChange } = props;
  const { draft, conflict, faults, failure } = state;
  const [isMissing, setMissing] = useState(false);
  const blind = blindRingM(draft);
  const fault = measure(draft.shape).fault;
  const isNew = draft.id === null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const lacksName = draft.name.trim() === '';
    setMissing(lacksName);
    if (!lacksName && fault === null) props.onSave();
  };
  const nameFault = isMissing ? text('field.required') : faults['properties.name'];
  return (
    <form
      className="fence-form"
      aria-label={text('fence.form')}
      onSubmit={submit}
      noValidate
      data-testid="fence-form"
    >
      <div className="fence-form-body">
        {conflict === null ? null : (
          <section className="fence-conflict" role="alert" data-testid="fence-conflict">
            <p>
              {conflict.theirs === null
                ? text('fence.conflictGone')
                : text('fence.conflict', { n: conflict.theirs.properties.rev })}
            </p>
            <div className="fence-buttons">
              {conflict.theirs === null ? null : (
                <Button size="xs" onClick={props.onLoadTheirs}>
                  {text('fence.loadTheirs')}
                </Button>
              )}
              <Button size="xs" onClick={props.onKeepMine}>
                {text('fence.keepMine')}
              </Button>
            </div>
          </section>
        )}
        <section>
          <div className="form-pair">
            <TextInput
              label={text('fence.name')}
              value={draft.name}
              maxLength={limits.name}
              autoFocus={isNew}
              error={nameFault}
              onChange={(e) => {
                setMissing(false);
                onChange({ name: e.currentTarget.value });
              }}
              data-testid="fence-name"
            />
            <Select
              label={text('fence.kind')}
              data={fenceKinds.map((value) => ({ value, label: fenceKindWord(value) }))}
              value={draft.kind}
              leftSectionWidth={40}
              leftSection={<KindMark kind={draft.kind} />}
              onChange={(value) => {
                const kind = (value ?? draft.kind) as FenceKind;
                onChange({ kind, ...(kind === 'workshop' ? { profile: 'lenient' } : {}) });
              }}
              data-testid="fence-kind"
            />
          </div>
          <Measured draft={draft} />
          {faults['geometry'] === undefined ? null : (
            <p className="bad" role="alert">
              {faults['geometry']}
            </p>
          )}
        </section>
        <section>
          <h3 className="section-title">{text('fence.rules')}</h3>
          <Rules draft={draft} onChange={onChange} />
        </section>
        <section>
          <h3 className="section-title">{text('fence.judgement')}</h3>
          <div className="form-pair wide-first">
            <Select
              label={text('fence.profile')}
              data={profiles.map((value) => ({ value, label: text(`fence.profile.${value}`) }))}
              value={draft.profile}
              onChange={(value) =>
                onChange({ profile: value === 'lenient' ? 'lenient' : 'neutral' })
              }
            />
            <NumberField
              label={text('fence.buffer')}
              value={draft.bufferM}
              {...limits.bufferM}
              digits={0}
              unit="m"
              onChange={(bufferM) => onChange({ bufferM })}
            />
          </div>
          {blind === null ? null : <p className="quiet">{text('fence.blindRing', { n: blind })}</p>}
        </section>
        <section>
          <h3 className="section-title">{text('fence.shape')}</h3>
          <Outline
            draft={draft}
            onChange={onChange}
            vertex={state.vertex}
            onVertex={props.onVertex}
          />
        </section>
      </div>
      {failure === null ? null : (
        <p className="fence-failure" role="alert" data-testid="fence-failure">
          {failure}
        </p>
      )}
      <footer className="fence-buttons">
        <Button
          type="submit"
          variant="filled"
          loading={isBusy}
          disabled={!isUp || !isDirty || fault !== null}
          title={isUp ? undefined : text('error.network')}
          data-testid="fence-save"
        >
          {isNew ? text('fence.create') : text('fence.saveAs', { n: draft.rev + 1 })}
        </Button>
        <Button disabled={!isDirty} onClick={props.onDiscard}>
          {text('fence.discard')}
        </Button>
        <span className="fence-hint">{isDirty ? text('fence.savedHint') : ''}</span>
        {isNew ? null : (
          <ActionIcon
            aria-label={text('fence.delete')}
            title={text('fence.delete')}
            disabled={!isUp}
            onClick={props.onDelete}
            data-testid="fence-delete"
          >
            <Icon name="trash" />
          </ActionIcon>
        )}
      </footer>
    </form>
  );
};
