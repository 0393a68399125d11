import { Button, TextInput } from '@mantine/core';
import type { Fence } from '@xunji/gateway/wire';
import { useState } from 'react';
import { useApp } from '../app.ts';
import { plain } from '../live/list-view.ts';
import type { FenceShapeKind } from '../map/map-view.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Icon } from '../parts/icon.tsx';
import { SkeletonRows } from '../parts/later.tsx';
import { useRecord } from '../state.ts';
import { fenceKindWord } from '../text/naming.ts';
import { byName, number, useText } from '../text/text.ts';
import { fenceKinds } from './draft.ts';
import { KindMark } from './kind-mark.tsx';

/** Fences by kind and name. */
export const FenceList = (props: {
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
  readonly onDraw: (kind: FenceShapeKind) => void;
}) => {
  const text = useText();
  const app = useApp();
  const { fences, failed } = useRecord(app.shelf);
  const [search, setSearch] = useState('');
  const wanted = plain(search);
  const found = (fences ?? []).filter((f) => plain(f.properties.name).includes(wanted));
  const groups = fenceKinds
    .map((kind) => ({
      kind,
      members: found
        .filter((f) => f.properties.kind === kind)
        .sort((a, b) => byName(a.properties.name, b.properties.name)),
    }))
    .filter(({ members }) => members.length > 0);
  const row = (fence: Fence) => (
    <li key={fence.id}>
      <button
        type="button"
        className="fence-row"
        aria-current={fence.id === props.selected}
        onClick={() => props.onSelect(fence.id)}
        data-testid="fence-row"
      >
        <KindMark kind={fence.properties.kind} />
        <span className="cut">{fence.properties.name}</span>
      </button>
    </li>
  );
  return (
    <section className="fence-list" aria-label={text('fence.list')}>
      <div className="fence-list-top">
        <TextInput
          aria-label={text('fence.search')}
          placeholder={text('fence.search')}
          leftSection={<Icon name="search" />}
          value={search}
          maxLength={64}
          onChange={(e) => setSearch(e.currentTarget.value)}
        />
        <div className="fence-new">
          <Button
            size="xs"
            leftSection={<Icon name="plus" />}
            onClick={() => props.onDraw('polygon')}
          >
            {text('fence.new')}
          </Button>
          <span className="fence-count">{text('fence.count', { n: number(found.length) })}</span>
        </div>
      </div>
      <div className="fence-scroll">
        {fences === null ? (
          failed ? (
            <EmptyState title={text('error.load')}>
              <Button onClick={() => void app.loadFences()}>{text('error.retry')}</Button>
            </EmptyState>
          ) : (
            <SkeletonRows />
          )
        ) : fences.length === 0 ? (
          <EmptyState title={text('fence.none')} text={text('fence.noneText')} />
        ) : found.length === 0 ? (
          <EmptyState title={text('fence.noneFound', { text: search })}>
            <button type="button" className="text-button" onClick={() => setSearch('')}>
              {text('list.clear')}
            </button>
          </EmptyState>
        ) : (
          groups.map(({ kind, members }) => (
            <section key={kind} aria-label={fenceKindWord(kind)}>
              <h3 className="fence-group">
                {fenceKindWord(kind)}
                <span>{number(members.length)}</span>
              </h3>
              <ul>{members.map(row)}</ul>
            </section>
          ))
        )}
      </div>
    </section>
  );
};
