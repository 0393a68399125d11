import { ActionIcon } from '@mantine/core';
import { Icon } from '../parts/icon.tsx';
import { useText } from '../text/text.ts';
import { addVertex, type Draft, limits, moveVertex, removeVertex, ringOf } from './draft.ts';
import { NumberField } from './number-field.tsx';

/** The outline in numbers. */
export const OutlineFields = (props: {
  readonly draft: Draft;
  readonly onChange: (change: Partial<Draft>) => void;
  readonly vertex: number | null;
  readonly onVertex: (index: number | null) => void;
}) => {
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
