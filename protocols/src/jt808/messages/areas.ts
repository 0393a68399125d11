import { type BitTable, bitTable } from '../../bytes.ts';
import {
  bcdTime,
  type Fields,
  flags,
  hex,
  type Kind,
  type Layout,
  layout,
  noted,
  restBytes,
  u8,
  u16,
  u32,
} from '../../layout.ts';
import { followed, list } from '../../layout-lists.ts';
import { type Bodies, type Row, row, same } from '../row.ts';
import { atMost, sizedString, wholeList } from '../string.ts';
import type { Edition } from '../versions.ts';

/*
 * Areas and routes. A part that the attributes do not announce takes no bytes, although the texts print fixed
 * offsets. Fences are judged on the platform; these messages mirror them to terminals that can show them.
 */

const sides = {
  2: 'alarmDriverOnEntry',
  3: 'alarmPlatformOnEntry',
  4: 'alarmDriverOnLeaving',
  5: 'alarmPlatformOnLeaving',
};
const area2011 = { 0: 'times', 1: 'speedLimit', ...sides, 6: 'south', 7: 'west' };
const area2013 = { ...area2011, 8: 'doorsClosed', 14: 'communicationOff', 15: 'detailedGnss' };
const areaBits: Readonly<Record<Edition, BitTable>> = {
  '2011': bitTable(16, area2011),
  '2013': bitTable(16, area2013),
  '2019': bitTable(16, area2013),
};
const routeBits = bitTable(16, { 0: 'times', ...sides });
const segmentBits = bitTable(8, { 0: 'travelTime', 1: 'speedLimit', 2: 'south', 3: 'west' });

const attributes = (table: BitTable) =>
  noted(flags(table), 'times and speedLimit: their fields follow; south, west: the hemisphere');
const degrees = noted(u32, '1e-6 degree, always positive; the hemisphere stands in the attributes');
const place = { latitude: degrees, longitude: degrees };
const times = {
  startTime: noted(bcdTime, 'YYMMDDhhmmss, GMT+8; a date of zeros: every day'),
  endTime: noted(bcdTime, 'YYMMDDhhmmss, GMT+8; a date of zeros: every day'),
};
const speed = { maxSpeed: noted(u16, 'km/h'), overspeedDuration: noted(u8, 's') };
const night = { nightMaxSpeed: noted(u16, 'km/h') };
const name = { name: sizedString('2019', 2) };

type Table = Readonly<Record<string, Kind<unknown>>>;
/** Which parts a body has. */
type Has = (attribute: string) => boolean;

/** A head with attributes, then the parts that these announce; a table for each combination, made once. */
function announced(
  head: Table,
  by: readonly [string, string],
  parts: (has: Has) => Table,
): Layout<Fields> {
  const tables = [0, 1, 2, 3].map((mask) => {
    const table = parts((attribute) => (mask & (attribute === by[0] ? 1 : 2)) !== 0);
    return Object.keys(table).length === 0 ? null : layout(table);
  });
  return followed<Fields, Fields>(
    layout(head),
    (read) => {
      const said = read['attributes'] as readonly string[];
      return tables[(said.includes(by[0]) ? 1 : 0) | (said.includes(by[1]) ? 2 : 0)] ?? null;
    },
    parts(() => true),
  );
}

/** A circle or rectangle by its shape. */
const area = (edition: Edition, shape: Table): Layout<Fields> =>
  announced(
    { id: u32, attributes: attributes(areaBits[edition]), ...shape },
    ['times', 'speedLimit'],
    (has) => ({
      ...(has('times') ? times : {}),
      ...(has('speedLimit') ? { ...speed, ...(edition === '2019' ? night : {}) } : {}),
      ...(edition === '2019' ? name : {}),
    }),
  );
const circle = (edition: Edition) => area(edition, { ...place, radius: noted(u32, 'm') });
const rectangle = (edition: Edition) =>
  area(edition, {
    topLatitude: degrees,
    leftLongitude: degrees,
    bottomLatitude: degrees,
    rightLongitude: degrees,
  });

/** @param vertices how they are counted */
const polygonOf = (edition: Edition, vertices: Table): Layout<Fields> =>
  announced(
    { id: u32, attributes: attributes(areaBits[edition]) },
    ['times', 'speedLimit'],
    (has) => ({
      ...(has('times') ? times : {}),
      ...(has('speedLimit') ? speed : {}),
      ...vertices,
      // Behind the vertices, unlike in circles and rectangles.
      ...(edition === '2019' && has('speedLimit') ? night : {}),
      ...(edition === '2019' ? name : {}),
    }),
  );
const vertex = layout(place).kind;
const polygon = (edition: Edition) => polygonOf(edition, { vertices: list(2, vertex) });

const corner = (edition: Edition): Kind<Fields> =>
  announced(
    {
      ...(edition === '2011' ? {} : { cornerId: u32 }),
      segmentId: u32,
      ...place,
      width: noted(u8, 'm'),
      attributes: noted(flags(segmentBits), 'of the segment from here on; times and limits follow'),
    },
    ['travelTime', 'speedLimit'],
    (has) => ({
      ...(!has('travelTime')
        ? {}
        : edition === '2011'
          ? { travelTime: noted(u16, 's') }
          : { maxTravelTime: noted(u16, 's'), minTravelTime: noted(u16, 's') }),
      ...(has('speedLimit') ? { ...speed, ...(edition === '2019' ? night : {}) } : {}),
    }),
  ).kind;
const routeOf = (edition: Edition, corners: Table): Layout<Fields> =>
  announced(
    { id: u32, attributes: noted(flags(routeBits), 'times: they follow') },
    ['times', 'none'],
    (has) => ({
      ...(has('times') ? times : {}),
      ...corners,
      ...(edition === '2019' ? name : {}),
    }),
  );
const route = (edition: Edition) => routeOf(edition, { corners: list(2, corner(edition)) });

const total = (width: Kind<number>) =>
  noted(width, 'of all packages; given only where this is one of several');
const action = noted(u8, '0 replace all, 1 append, 2 change');
const setOf = (item: (edition: Edition) => Layout<Fields>): Bodies => ({
  '2011': [
    layout({ action, areas: wholeList(1, 1, item('2011').kind) }),
    layout({ action, total: total(u8), areas: list(1, item('2011').kind) }),
  ],
  '2013': [layout({ action, areas: list(1, item('2013').kind) })],
  '2019': [layout({ action, areas: list(1, item('2019').kind) })],
});

/** One object of 2011, whole or one package of it. The total stands among its parts, not in front. */
const inPackages = (
  object: (edition: Edition, parts: Table) => Layout<Fields>,
  part: 'vertices' | 'corners',
  item: Kind<unknown>,
): readonly Layout<Fields>[] => [
  object('2011', { [part]: wholeList(2, 1, item) }),
  withTotal(object('2011', { total: total(u16), [part]: list(1, item) })),
];

/** The table as one that is written only where a total is given. */
const withTotal = (table: Layout<Fields>): Layout<Fields> => ({
  ...table,
  fieldNames: [...table.fieldNames, 'total'],
});

const remove = same(
  layout({ ids: noted(atMost(list(1, u32), 125), 'none: all of this kind; at most 125') }),
);

const KINDS = '1 circles, 2 rectangles, 3 polygons, 4 routes';
const stored = [circle, rectangle, polygon, route].map((object) =>
  layout({ items: list(4, object('2019').kind) }),
);
const storedAnswer = followed<{ readonly kind: number }, Fields>(
  layout({ kind: noted(u8, KINDS) }),
  ({ kind }) => stored[kind - 1] ?? unread,
  { items: noted(restBytes, 'objects in the form of the messages that set them') },
);
/** What no set message explains, as a whole. */
const unread = layout({ count: u32, data: noted(hex(restBytes), 'objects that cannot be read') });
const unreadAnswer = layout({ kind: noted(u8, KINDS), ...unread.fields });

const command = (bodies: Bodies): Pick<Row, 'intent' | 'bodies' | 'answer'> => ({
  intent: 'query',
  bodies,
  answer: 'general',
});

/** Areas and routes. @see the wire reference, section 7.3 */
export const areaMessages: readonly Row[] = [
  row(0x8600, 'setCircles', 'circular area setting', command(setOf(circle))),
  row(0x8601, 'deleteCircles', 'circular area deletion', command(remove)),
  row(0x8602, 'setRectangles', 'rectangular area setting', command(setOf(rectangle))),
  row(0x8603, 'deleteRectangles', 'rectangular area deletion', command(remove)),
  row(
    0x8604,
    'setPolygon',
    'polygonal area setting',
    command({
      '2011': inPackages(polygonOf, 'vertices', vertex),
      '2013': [polygon('2013')],
      '2019': [polygon('2019')],
    }),
  ),
  row(0x8605, 'deletePolygons', 'polygonal area deletion', command(remove)),
  row(
    0x8606,
    'setRoute',
    'route setting',
    command({
      '2011': inPackages(routeOf, 'corners', corner('2011')),
      '2013': [route('2013')],
      '2019': [route('2019')],
    }),
  ),
  row(0x8607, 'deleteRoutes', 'route deletion', command(remove)),
  row(0x8608, 'queryAreas', 'area or route data query', {
    intent: 'query',
    bodies: same(
      layout({ kind: noted(u8, KINDS), ids: noted(list(4, u32), 'none: all of this kind') }),
      '2019',
    ),
    answer: 'none',
  }),
  row(0x0608, 'areasAnswer', 'area or route data query answer', {
    intent: 'answer',
    bodies: { '2019': [storedAnswer, unreadAnswer] },
    answer: 'none',
  }),
];
