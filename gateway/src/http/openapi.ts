import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { type ProblemCode, problems } from './problem.ts';
import { named, problem } from './schemas.ts';

type Json = Record<string, unknown>;

/** Codes every operation behind the log-in can answer with. */
const always: readonly ProblemCode[] = ['badInput', 'unauthorized', 'forbidden', 'internal'];

/** `/devices/:id` as the document writes it. */
export const templated = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

/**
 * The OpenAPI 3.1 document of `endpoints`, made from the very schemas that validate them.
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function openApiDocument(endpoints: readonly Endpoint[], version: string): Json {
  const schemas: Json = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => reference(schema, io, schemas);
  const problemRef = schemaOf(problem, 'output');
  const paths: Record<string, Json> = {};
  for (const e of endpoints) {
    const path = templated(e.path);
    paths[path] ??= {};
    paths[path][e.method] = {
      operationId: operationId(e),
      summary: e.summary,
      tags: [e.path.split('/')[1]],
      ...(e.roles === 'anyone' ? { security: [] } : { 'x-roles': e.roles }),
      parameters: [
        ...parameters(e.params, 'path', schemaOf),
        ...parameters(e.query, 'query', schemaOf),
        ...(e.ifMatch ? [ifMatch] : []),
      ],
      ...(e.body === null
        ? {}
        : {
            requestBody: {
              required: !e.body.safeParse(undefined).success,
              content: { 'application/json': { schema: schemaOf(e.body, 'input') } },
            },
          }),
      responses: {
        [e.status]: {
          description: e.summary,
          ...(e.result === null
            ? {}
            : { content: { 'application/json': { schema: schemaOf(e.result, 'output') } } }),
        },
        ...refusals(e, problemRef),
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Xunji gateway', version },
    servers: [{ url: '/api/v1' }],
    security: [{ session: [] }],
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'xunji_session' } },
      schemas,
    },
  };
}

const ifMatch = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'The revision you have seen, as a number',
  schema: { type: 'string', pattern: '^"?\\d{1,15}"?$' },
};

function operationId({ method, path }: Endpoint): string {
  const words = path.split(/[/:._-]+/).filter((word) => word !== '');
  return [method, ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('');
}

function parameters(
  schema: z.ZodObject,
  place: 'path' | 'query',
  schemaOf: (schema: z.ZodType, io: 'input') => Json,
): Json[] {
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !field.safeParse(undefined).success,
    schema: schemaOf(field, 'input'),
  }));
}

function refusals(e: Endpoint, problemRef: Json): Json {
  const codes = new Set<ProblemCode>(e.roles === 'anyone' ? ['badInput', 'internal'] : always);
  for (const code of e.refusals) codes.add(code);
  if (e.ifMatch)
    for (const code of ['ifMatchRequired', 'conflict', 'notFound'] as const) codes.add(code);
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const status = problems[code][0];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      {
        description: list.map((code) => `${code}: ${problems[code][1]}`).join('; '),
        content: { 'application/problem+json': { schema: problemRef } },
      },
    ]),
  );
}

/** Converts a schema; named ones within it move to the document's components. */
function reference(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const json = z.toJSONSchema(schema, { target: 'draft-2020-12', metadata: named, io }) as Json;
  const {
    $schema: _,
    $defs,
    ...rest
  } = JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json & {
    $defs?: Record<string, Json>;
  };
  for (const [id, { id: _id, ...definition }] of Object.entries($defs ?? {}))
    schemas[id] = definition;
  return rest;
}
