import { ActionIcon, Button, Select, Switch, TextInput } from '@mantine/core';
import type { FenceKind, FenceProperties, Severity } from '@xunji/gateway/wire';
import { type FormEvent, useState } from 'react';
import { severities } from '../live/alarm-book.ts';
import { SeverityMark } from '../marks/severity-mark.tsx';
import { Icon } from '../parts/icon.tsx';
import { fenceKindWord, severityWord } from '../text/naming.ts';
import { area, distance, useText } from '../text/text.ts';
import { blindRingM, type Draft, fenceKinds, limits, measure, ruleTypes } from './draft.ts';
import type { Editing } from './editing.ts';
import { KindMark } from './kind-mark.tsx';
import { NumberField } from './number-field.tsx';
import { OutlineFields } from './outline-fields.tsx';

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
          <OutlineFields
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
