import { ActionIcon, Button } from '@mantine/core';
import type { FenceShapeKind } from '../map/map-view.ts';
import { Icon } from '../parts/icon.tsx';
import { useText } from '../text/text.ts';
import { blindRingM, type Draft } from './draft.ts';

/** Begins, steers and ends drawing. */
export const DrawTools = (props: {
  readonly drawing: FenceShapeKind | null;
  readonly onDraw: (kind: FenceShapeKind) => void;
  readonly onUndo: () => void;
  readonly onCancel: () => void;
  readonly onPlace: (kind: FenceShapeKind) => void;
}) => {
  const text = useText();
  const { drawing } = props;
  return (
    <div className="draw-tools">
      <div className="tool-row">
        <button
          type="button"
          aria-pressed={drawing === 'polygon'}
          onClick={() => props.onDraw('polygon')}
          data-testid="draw-polygon"
        >
          <Icon name="polygon" />
          {text('fence.newPolygon')}
        </button>
        <button
          type="button"
          aria-pressed={drawing === 'circle'}
          onClick={() => props.onDraw('circle')}
          data-testid="draw-circle"
        >
          <Icon name="circle" />
          {text('fence.newCircle')}
        </button>
      </div>
      {drawing === null ? null : (
        <div className="draw-hint" role="status" data-testid="draw-hint">
          <p>{text(drawing === 'polygon' ? 'fence.drawPolygonHint' : 'fence.drawCircleHint')}</p>
          <div className="fence-buttons">
            {drawing === 'polygon' ? (
              <ActionIcon
                aria-label={text('fence.undoPoint')}
                title={text('fence.undoPoint')}
                onClick={props.onUndo}
              >
                <Icon name="undo" />
              </ActionIcon>
            ) : null}
            <Button size="xs" onClick={props.onCancel}>
              {text('fence.cancelDraw')}
            </Button>
            <span className="quiet">{text('fence.drawKeyboard')}</span>
            <Button size="xs" onClick={() => props.onPlace(drawing)} data-testid="draw-here">
              {text('fence.drawHere')}
            </Button>
          </div>
        </div>
      )}
    </div>
  );
};

/** What the lines around the draft mean. */
export const Legend = ({ draft }: { readonly draft: Draft }) => {
  const text = useText();
  const blind = blindRingM(draft);
  return (
    <ul className="fence-legend">
      <li>
        <i data-line="new" />
        {text('fence.legendNew')}
      </li>
      {draft.id === null ? null : (
        <li>
          <i data-line="old" />
          {text('fence.legendOld', { n: draft.rev })}
        </li>
      )}
      <li>
        <i data-line="buffer" />
        {text('fence.legendBuffer', { n: draft.bufferM })}
      </li>
      {blind === null ? null : (
        <li>
          <i data-line="blind" />
          {text('fence.legendBlind')}
        </li>
      )}
    </ul>
  );
};
