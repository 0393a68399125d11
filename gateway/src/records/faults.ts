/** Why an edit was refused, one line each. */
export const editFaults = {
  notFound: 'nothing has this id',
  conflict: 'it was changed by somebody else; load it again',
  exists: 'this id is taken',
  unknownReference: 'it names something that does not exist',
} as const;
export type EditFault = keyof typeof editFaults;

/** What an edit came to. `path` names the field at fault, dotted. */
export type Edited<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: EditFault; readonly path?: string };

export const edited = <T>(value: T): Edited<T> => ({ ok: true, value });
export const refused = (code: EditFault, path?: string): Edited<never> =>
  path === undefined ? { ok: false, code } : { ok: false, code, path };
