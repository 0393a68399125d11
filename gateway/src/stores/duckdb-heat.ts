import {
  DAY_MS,
  type DayTables,
  dayOf,
  HEAT_DEGREES,
  instant,
  liveTable,
  MAX_DWELL_MS,
  sealedTable,
} from './duckdb-schema.ts';
import type { HeatQuery } from './store.ts';

const METRES_PER_DEGREE = 111_320;

/** Sizes of the cells of a query in degrees: whole multiples of the daily sums' grid, nearest to the metres asked for. */
export function heatSteps(query: HeatQuery): { latitude: number; longitude: number } {
  const middle = ((query.south + query.north) / 2) * (Math.PI / 180);
  const steps = (metres: number) =>
    Math.max(1, Math.round(metres / METRES_PER_DEGREE / HEAT_DEGREES));
  return {
    latitude: steps(query.cellM) * HEAT_DEGREES,
    longitude: steps(query.cellM / Math.max(0.01, Math.cos(middle))) * HEAT_DEGREES,
  };
}

const isSound = 'valid AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180';
/** The dwell after each fix, where it is not stored: SQL over the positions of one day. */
export const gapOf = `least(${MAX_DWELL_MS}, coalesce(
  epoch_ms(lead(fix_time) OVER (PARTITION BY device ORDER BY fix_time, hash)) - epoch_ms(fix_time), 0))::INTEGER`;

/** The sums of one sealed table, as rows of `heat`. */
export const daySums = (day: number, table: string): string => `
  SELECT ${day}, floor(latitude / ${HEAT_DEGREES})::INTEGER, floor(longitude / ${HEAT_DEGREES})::INTEGER,
    count(*)::INTEGER, coalesce(sum(gap_ms), 0)::BIGINT, count(DISTINCT device)::INTEGER
  FROM ${table} WHERE ${isSound} GROUP BY ALL`;

/**
 * Whole sealed days come from their sums, parts of days and open days from the positions.
 * @returns SQL whose rows are lat cell, lon cell, fixes, dwell ms, device-days, the most by `query.metric` first
 */
export function heatSql(query: HeatQuery, days: ReadonlyMap<number, DayTables>): string {
  const { south, north, west, east, from, to } = query;
  const steps = heatSteps(query);
  const latSteps = Math.round(steps.latitude / HEAT_DEGREES);
  const lonSteps = Math.round(steps.longitude / HEAT_DEGREES);
  const cells = `lat_cell BETWEEN ${cell(south)} AND ${cell(north)} AND lon_cell BETWEEN ${cell(west)} AND ${cell(east)}`;
  const box = `${isSound} AND latitude BETWEEN ${south} AND ${north} AND longitude BETWEEN ${west} AND ${east}
    AND fix_time >= ${instant(from)} AND fix_time < ${instant(to)}`;
  const summed = [...days].flatMap(([day, { live, sealed }]) =>
    !live && sealed > 0 && day * DAY_MS >= from && (day + 1) * DAY_MS <= to ? [day] : [],
  );
  const raw = [...days].flatMap(([day, { live, sealed }]) => {
    if (summed.includes(day) || day < dayOf(from) || day * DAY_MS >= to) return [];
    return [
      ...(live
        ? [
            `SELECT device, fix_time, latitude, longitude, valid, ${gapOf} AS gap_ms FROM ${liveTable(day)}`,
          ]
        : []),
      ...(sealed > 0
        ? [
            `SELECT device, fix_time, latitude, longitude, valid, gap_ms FROM ${sealedTable(day, sealed)}`,
          ]
        : []),
    ];
  });
  // Late ones split a gap that is counted already.
  raw.push('SELECT device, fix_time, latitude, longitude, valid, 0 AS gap_ms FROM late');
  const parts = raw.map(
    (rows) => `
    SELECT floor(latitude / ${HEAT_DEGREES})::INTEGER AS lat_cell, floor(longitude / ${HEAT_DEGREES})::INTEGER AS lon_cell,
      count(*) AS fixes, coalesce(sum(gap_ms), 0) AS dwell_ms, count(DISTINCT device) AS devices
    FROM (${rows}) WHERE ${box} GROUP BY ALL`,
  );
  if (summed.length > 0) {
    parts.push(`SELECT lat_cell, lon_cell, fixes, dwell_ms, devices FROM heat
      WHERE day IN (${summed.join(', ')}) AND ${cells}`);
  }
  const order = { dwell: 'dwell', fixes: 'fixes', deviceDays: 'device_days' }[query.metric];
  return `
    WITH sums AS (
      SELECT floor(lat_cell / ${latSteps})::INTEGER AS y, floor(lon_cell / ${lonSteps})::INTEGER AS x,
        sum(fixes)::DOUBLE AS fixes, sum(dwell_ms)::DOUBLE AS dwell, sum(devices)::DOUBLE AS device_days
      FROM (${parts.join(' UNION ALL ')}) GROUP BY y, x
    )
    SELECT y, x, fixes, dwell, device_days, (SELECT quantile_cont(${order}, 0.95) FROM sums)::DOUBLE
    FROM sums ORDER BY ${order} DESC, y, x LIMIT ${Math.trunc(query.limit) + 1}`;
}

const cell = (degrees: number) => Math.floor(degrees / HEAT_DEGREES);
