import { useApp } from '../app.ts';
import { StateShape } from '../marks/state-shape.tsx';
import { Icon } from '../parts/icon.tsx';
import { setPrefs, usePrefs } from '../prefs.ts';
import { useRecord } from '../state.ts';
import { number, useText } from '../text/text.ts';
import { chipStates, type DeviceState } from './device-state.ts';
import type { ListView } from './list-view.ts';

/** Narrows the list by state; each chip says how many it would show, once the list is here. */
export const StateChips = ({ counts }: { readonly counts: ListView['counts'] | null }) => {
  const text = useText();
  const { look } = useApp();
  const { states } = useRecord(look);
  const toggle = (state: DeviceState): void =>
    look.set({
      states: states.includes(state) ? states.filter((s) => s !== state) : [...states, state],
    });
  return (
    <fieldset className="chips" aria-label={text('list.filter')}>
      {chipStates.map((state) => (
        <button
          key={state}
          type="button"
          className="chip"
          aria-pressed={states.includes(state)}
          onClick={() => toggle(state)}
        >
          <StateShape state={state} size={12} />
          {text(`state.${state}`)} {counts === null ? '' : number(counts[state])}
        </button>
      ))}
    </fieldset>
  );
};

/** Nothing passes the filters: says which, and lets go of them one by one. */
export const NothingFound = () => {
  const text = useText();
  const { look } = useApp();
  const { search, states } = useRecord(look);
  const { onlyInView } = usePrefs();
  const filters = [
    ...(search === '' ? [] : [{ name: search, drop: () => look.set({ search: '' }) }]),
    ...states.map((s) => ({
      name: text(`state.${s}`),
      drop: () => look.set({ states: states.filter((other) => other !== s) }),
    })),
    ...(onlyInView
      ? [{ name: text('list.inViewFilter'), drop: () => setPrefs({ onlyInView: false }) }]
      : []),
  ];
  return (
    <div className="notice-box" data-testid="list-none">
      <strong>{text('list.none')}</strong>
      <p>{text('list.noneHint')}</p>
      <div className="chips">
        {filters.map(({ name, drop }) => (
          <button
            key={name}
            type="button"
            className="chip"
            aria-label={text('list.removeFilter', { name })}
            onClick={drop}
          >
            {name}
            <Icon name="close" size={12} />
          </button>
        ))}
      </div>
      <button
        type="button"
        className="text-button"
        onClick={() => {
          look.set({ search: '', states: [] });
          setPrefs({ onlyInView: false });
        }}
      >
        {text('list.clear')}
      </button>
    </div>
  );
};
