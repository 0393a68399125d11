import { Button, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { Fence, Rule } from '@xunji/gateway/wire';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useApp } from '../app.ts';
import { Frame } from '../frame/frame.tsx';
import { MapCanvas } from '../map/map-canvas.tsx';
import type { FenceDraft, FenceShapeKind, MapEvents, MapView } from '../map/map-view.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { PanelBoundary } from '../parts/panel-boundary.tsx';
import { usePrefs } from '../prefs.ts';
import { useRecord } from '../state.ts';
import { useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { blindRingM, type Draft, draftOf, isSame, newDraft, shapeAt } from './draft.ts';
import { DrawTools, Legend } from './draw-tools.tsx';
import { editing, nothing, save } from './editing.ts';
import { FenceForm } from './fence-form.tsx';
import { FenceList } from './fence-list.tsx';
import './fences.css';

const isDirty = (): boolean => {
  const { draft, before } = editing.get();
  return draft !== null && (draft.id === null || before === null || !isSame(draft, before));
};

/** Opens a fence in the form with what its rules say. */
const open = (fence: Fence, rules: readonly Rule[]): void => {
  const draft = draftOf(fence, rules);
  editing.set({ ...nothing, draft, before: draft });
};

/** Where fences are drawn, changed and given their alarms. */
export const FencesPage = ({ id }: { readonly id: string | null }) => {
  const text = useText();
  const app = useApp();
  const [, go] = useLocation();
  const state = useRecord(editing);
  const { fences, baseMaps } = useRecord(app.shelf);
  const { baseMap } = usePrefs();
  useTopic(app.live.link);
  const [rules, setRules] = useState<readonly Rule[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  /** What the user wanted to do while something is unsaved. */
  const [blocked, setBlocked] = useState<(() => void) | null>(null);
  const view = useRef<MapView | null>(null);
  const { draft, before, drawing, vertex } = state;
  const dirty = isDirty();

  const loadRules = useCallback(async (): Promise<readonly Rule[]> => {
    const all = await app.api.rules();
    setRules(all);
    return all;
  }, [app]);
  useEffect(() => {
    // Without the rules the form opens without alarms; saving reads them again before it changes any.
    loadRules().catch(() => undefined);
  }, [loadRules]);

  // The address names a fence: it is opened once it and the rules are here, unless another is being changed.
  useEffect(() => {
    if (id === null || fences === null || draft?.id === id || isDirty()) return;
    const fence = fences.find((f) => f.id === id);
    if (fence === undefined) return;
    open(fence, rules);
  }, [id, fences, rules, draft?.id]);
  // The map is made anew when the screen is opened again: it shows the fence that is still in the form.
  const shownFence = useRef<string | null>(null);
  useEffect(() => {
    if (draft?.id == null || fences === null || shownFence.current === draft.id) return;
    if (view.current?.revealFence(draft.id) === true) shownFence.current = draft.id;
  });
  // Rules that arrive after the form was opened are shown in it while nobody has changed anything.
  useEffect(() => {
    const now = editing.get();
    if (now.draft?.id == null || isDirty()) return;
    const fence = app.shelf.get().fences?.find((f) => f.id === now.draft?.id);
    if (fence !== undefined && fence.properties.rev >= now.draft.rev) open(fence, rules);
  }, [app, rules]);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent): void => {
      if (isDirty()) event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, []);

  const unlessDirty = (run: () => void): void => {
    if (isDirty()) setBlocked(() => run);
    else run();
  };
  const select = (fence: string): void =>
    unlessDirty(() => {
      const found = fences?.find((f) => f.id === fence);
      if (found === undefined) return;
      open(found, rules);
      shownFence.current = null;
      go(`/fences/${encodeURIComponent(fence)}`);
    });
  const draw = (kind: FenceShapeKind): void =>
    unlessDirty(() => {
      editing.set({ ...nothing, drawing: kind });
      go('/fences');
    });
  const put = (saved: Fence): void => {
    const others = (app.shelf.get().fences ?? []).filter((f) => f.id !== saved.id);
    app.shelf.set({ fences: [...others, saved] });
  };
  const store = async (what: Draft): Promise<void> => {
    setBusy(true);
    const result = await save(app.api, what);
    setBusy(false);
    if (result.kind === 'conflict') {
      editing.set({ conflict: result.conflict, faults: {}, failure: null });
      if (result.conflict.theirs !== null) put(result.conflict.theirs);
      return;
    }
    if (result.kind === 'failed') {
      editing.set({ faults: result.faults, failure: result.failure });
      return;
    }
    put(result.fence);
    const all = await loadRules().catch(() => rules);
    open(result.fence, all);
    go(`/fences/${encodeURIComponent(result.fence.id)}`, { replace: true });
    if (result.rulesFailure === null) notifications.show({ message: text('fence.saved') });
    else {
      editing.set({ failure: text('fence.rulesFailed', { reason: result.rulesFailure }) });
    }
  };
  const keepMine = (): void => {
    const { conflict } = editing.get();
    if (draft === null || conflict === null) return;
    const again =
      conflict.theirs === null
        ? { ...draft, id: null, rev: 0 }
        : { ...draft, rev: conflict.theirs.properties.rev };
    editing.set({ draft: again, conflict: null });
    void store(again);
  };

  const on = useMemo<Partial<MapEvents>>(
    () => ({
      onShape: (shape) => {
        const now = editing.get();
        if (now.drawing !== null) editing.set({ draft: newDraft(shape), before: null });
        else if (now.draft !== null) editing.set({ draft: { ...now.draft, shape } });
      },
      onVertex: (index) => editing.set({ vertex: index }),
      onDrawEnd: () => editing.set({ drawing: null }),
      onPickFence: (fence) => pick.current(fence),
      onView: () => undefined,
    }),
    [],
  );
  const pick = useRef(select);
  pick.current = select;
  const onMap = useMemo<FenceDraft | null>(
    () =>
      draft === null
        ? null
        : {
            ...draft.shape,
            id: draft.id,
            bufferM: draft.bufferM,
            blindRingM: blindRingM(draft),
            vertex,
          },
    [draft, vertex],
  );
  const ready = useCallback(
    (made: MapView | null) => {
      view.current = made;
      app.view.current = made;
    },
    [app],
  );
  const shown =
    baseMaps.find((b) => b.id === baseMap) ??
    (baseMap === null ? baseMaps.find((b) => b.kind === 'geojson') : undefined) ??
    null;
  const title = draft === null ? null : draft.id === null ? text('fence.newTitle') : before?.name;

  return (
    <Frame
      title={text('title.fences')}
      extra={
        title === null || title === undefined ? null : (
          <div className="bar-fence">
            <strong className="cut">{title}</strong>
            {draft === null || draft.id === null ? null : (
              <span className="bar-tag">{text('fence.rev', { n: draft.rev })}</span>
            )}
            {dirty ? <span className="bar-tag unsaved">{text('fence.unsaved')}</span> : null}
          </div>
        )
      }
    >
      <div className="fences" data-testid="fences">
        <PanelBoundary>
          <FenceList selected={draft?.id ?? null} onSelect={select} onDraw={draw} />
        </PanelBoundary>
        <section className="fence-map" aria-label={text('title.fences')}>
          <PanelBoundary>
            <MapCanvas
              sources={app.map}
              baseMap={shown}
              baseMaps={baseMaps}
              fences={fences ?? []}
              selectedFence={draft?.id ?? null}
              draft={onMap}
              drawing={drawing}
              onReady={ready}
              on={on}
            >
              <DrawTools
                drawing={drawing}
                onDraw={draw}
                onUndo={() => view.current?.undoPoint()}
                onCancel={() => view.current?.cancelDraw()}
                onPlace={(kind) => {
                  const centre = view.current?.camera.viewport()?.center;
                  if (centre === undefined) return;
                  view.current?.cancelDraw();
                  editing.set({
                    ...nothing,
                    draft: newDraft(shapeAt(kind, centre[0], centre[1])),
                  });
                }}
              />
              {draft === null ? null : <Legend draft={draft} />}
            </MapCanvas>
          </PanelBoundary>
        </section>
        <aside className="fence-side">
          <PanelBoundary>
            {draft === null ? (
              <EmptyState
                title={text(fences?.length === 0 ? 'fence.none' : 'fence.pick')}
                text={text(fences?.length === 0 ? 'fence.noneText' : 'fence.pickText')}
              >
                <Button variant="filled" onClick={() => draw('polygon')}>
                  {text('fence.newPolygon')}
                </Button>
              </EmptyState>
            ) : (
              <FenceForm
                key={draft.id ?? 'new'}
                state={{ ...state, draft }}
                isDirty={dirty}
                isBusy={isBusy}
                isUp={app.live.state.kind === 'up'}
                onChange={(change) =>
                  editing.set({ draft: { ...draft, ...change }, faults: {}, failure: null })
                }
                onVertex={(index) => editing.set({ vertex: index })}
                onSave={() => void store(draft)}
                onDiscard={() =>
                  editing.set(before === null ? nothing : { ...nothing, draft: before, before })
                }
                onDelete={() => setDeleting(true)}
                onLoadTheirs={() => {
                  const theirs = state.conflict?.theirs;
                  if (theirs != null) open(theirs, rules);
                }}
                onKeepMine={keepMine}
              />
            )}
          </PanelBoundary>
        </aside>
      </div>
      {isDeleting && draft !== null && draft.id !== null ? (
        <DeleteDialog
          draft={{ ...draft, id: draft.id, name: before?.name ?? draft.name }}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            setDeleting(false);
            const gone = draft.id;
            app.shelf.set({ fences: (fences ?? []).filter((f) => f.id !== gone) });
            editing.set(nothing);
            go('/fences');
            notifications.show({ message: text('fence.deleted') });
          }}
        />
      ) : null}
      <Modal
        opened={blocked !== null}
        onClose={() => setBlocked(null)}
        title={text('fence.leaveTitle')}
        closeButtonProps={{ 'aria-label': text('inset.close') }}
      >
        <div className="dialog-form">
          <p>{text('fence.leaveText', { name: draft?.name ?? '' })}</p>
          <div className="fence-buttons">
            <Button variant="filled" onClick={() => setBlocked(null)}>
              {text('fence.stay')}
            </Button>
            <Button
              onClick={() => {
                editing.set(nothing);
                setBlocked(null);
                blocked?.();
              }}
            >
              {text('fence.discard')}
            </Button>
          </div>
        </div>
      </Modal>
    </Frame>
  );
};
