import { Switch, TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { FOLLOW_ALL, useApp } from '../app.ts';
import { Icon } from '../parts/icon.tsx';
import { SkeletonRows } from '../parts/later.tsx';
import { setPrefs, usePrefs } from '../prefs.ts';
import { useRecord } from '../state.ts';
import { byName, number, useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { NothingFound, StateChips } from './list-filters.tsx';
import { ListRow } from './list-row.tsx';
import { inOrder, keysOf, type ListLine, type ListView, listView } from './list-view.ts';

const ROW = 40;
const HEAD = 28;

/** The list computed anew once a second and at each change, not with each row that comes. */
const useList = (): { list: ListView; now: number } => {
  const app = useApp();
  const { search, states, view } = useRecord(app.look);
  const { onlyInView } = usePrefs();
  useTopic(app.second);
  const listed = useTopic(app.fleet.list);
  useTopic(app.alarms.changed);
  const now = app.now();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the devices
  const devices = useMemo(() => inOrder(app.fleet.devices(), byName), [app, listed]);
  const box = view?.bbox;
  const inView = useMemo(() => {
    if (!onlyInView || box === undefined) return null;
    const [west, south, east, north] = box;
    return (slot: number): boolean => {
      const lon = app.fleet.at.lon[slot] ?? 0;
      const lat = app.fleet.at.lat[slot] ?? 0;
      return lat >= south && lat <= north && lon >= west && lon <= east;
    };
  }, [app, onlyInView, box]);
  const hasRow = useMemo(
    () => (app.fleet.size > FOLLOW_ALL ? (slot: number) => app.fleet.has(slot) : null),
    [app, app.fleet.size],
  );
  const filter = { search, states, inView: inView ?? hasRow };
  const list = listView(app.fleet, devices, app.alarms.byDevice(), filter, now);
  return { list, now };
};

/** Every device as text: the map's twin for keyboard and reader. */
export const DeviceList = ({ isSheet }: { readonly isSheet: boolean }) => {
  const text = useText();
  const app = useApp();
  const { look } = app;
  const { search, selected } = useRecord(look);
  const { onlyInView } = usePrefs();
  const { list, now } = useList();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const scroller = useRef<HTMLDivElement>(null);

  const lines: ListLine[] = [];
  let open = true;
  for (const line of list.lines) {
    if ('head' in line) {
      open = !closed.has(`${line.kind}${line.head}`);
      lines.push(line);
    } else if (open) lines.push(line);
  }
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => (lines[i] !== undefined && 'head' in lines[i] ? HEAD : ROW),
    getItemKey: (i) => {
      const line = lines[i];
      return line === undefined ? i : 'head' in line ? `${line.kind}${line.head}` : line.key;
    },
    overscan: 8,
  });

  const select = (key: string): void => {
    look.set({
      selected: key,
      follow: false,
      panel: 'subject',
      panelOpen: true,
      ...(isSheet ? { sheet: 'panel' as const } : {}),
    });
    app.view.current?.reveal(key);
  };
  const keys = keysOf(lines);
  const step = (event: KeyboardEvent): void => {
    const at = selected === null ? -1 : keys.indexOf(selected);
    const last = keys.length - 1;
    const to = {
      ArrowDown: Math.min(last, at + 1),
      ArrowUp: Math.max(0, at - 1),
      PageDown: Math.min(last, at + 10),
      PageUp: Math.max(0, at - 10),
      Home: 0,
      End: last,
    }[event.key];
    const key = to === undefined ? undefined : keys[to];
    if (key === undefined) return;
    event.preventDefault();
    select(key);
  };
  // The key alone: rows that move in the list must not scroll it away from under a reader.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection scrolls
  useEffect(() => {
    const at = lines.findIndex((line) => 'key' in line && line.key === selected);
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [selected]);

  const toggle = (name: string): void => {
    const next = new Set(closed);
    if (!next.delete(name)) next.add(name);
    setClosed(next);
  };
  const headWord = (line: Extract<ListLine, { head: string }>): string =>
    line.kind === 'alarms'
      ? text('list.withAlarms')
      : line.kind === 'none'
        ? text('list.noGroup')
        : line.head;

  return (
    <section
      className="live-list"
      data-sheet={isSheet}
      aria-label={text('list.label')}
      data-testid="device-list"
    >
      <i className="sheet-grip only-narrow" />
      <div className="list-top">
        <TextInput
          id="device-search"
          aria-label={text('list.searchLabel')}
          placeholder={text('list.search')}
          value={search}
          maxLength={64}
          leftSection={<Icon name="search" />}
          rightSection={search === '' ? <span className="key only-wide">/</span> : undefined}
          onChange={(e) => look.set({ search: e.currentTarget.value })}
          onKeyDown={step}
          data-testid="device-search"
        />
        <button
          type="button"
          className="plain-button only-narrow"
          aria-label={text('panel.close')}
          onClick={() => look.set({ sheet: null })}
        >
          <Icon name="close" />
        </button>
        <StateChips counts={app.fleet.loaded ? list.counts : null} />
        <div className="list-count">
          <span data-testid="list-count">
            {app.fleet.loaded ? (
              <>
                <b>{number(list.shown)}</b> / {number(list.all)}
              </>
            ) : null}
          </span>
          <Switch
            size="xs"
            label={text('list.onlyInView')}
            labelPosition="left"
            checked={onlyInView}
            onChange={(e) => setPrefs({ onlyInView: e.currentTarget.checked })}
          />
        </div>
      </div>
      {app.fleet.size > FOLLOW_ALL ? (
        <p className="list-note">
          {text('list.truncated', { shown: number(list.shown), all: number(list.all) })}
        </p>
      ) : null}
      {!app.fleet.loaded ? (
        <SkeletonRows />
      ) : list.shown === 0 ? (
        <NothingFound />
      ) : (
        <div
          ref={scroller}
          className="list-scroll"
          role="tree"
          tabIndex={0}
          aria-label={text('list.label')}
          aria-activedescendant={selected === null ? undefined : `row-${selected}`}
          onKeyDown={step}
        >
          <div
            style={{ height: virtual.getTotalSize() }}
            className="list-sizer"
            role="presentation"
          >
            {virtual.getVirtualItems().map((item) => {
              const line = lines[item.index];
              if (line === undefined) return null;
              const style = { height: item.size, transform: `translateY(${item.start}px)` };
              return (
                <div key={item.key} className="list-item" style={style} role="presentation">
                  {'head' in line ? (
                    <button
                      type="button"
                      role="treeitem"
                      aria-level={1}
                      aria-selected={false}
                      className="group"
                      aria-expanded={!closed.has(`${line.kind}${line.head}`)}
                      onClick={() => toggle(`${line.kind}${line.head}`)}
                    >
                      <Icon
                        name={
                          closed.has(`${line.kind}${line.head}`) ? 'chevronRight' : 'chevronDown'
                        }
                      />
                      <span className="cut">{headWord(line)}</span>
                      <span>{number(line.count)}</span>
                    </button>
                  ) : (
                    <ListRow
                      line={line}
                      now={now}
                      selected={line.key === selected}
                      onSelect={select}
                    />
                  )}
                </div>
              );
            })}
          </div>
        </div>
      )}
    </section>
  );
};
