import type { ApiDefinition, DataBackend } from './api-definition.ts';

/** What the catalogue knows of an API's backend: enough to try it out. */
export interface BackendEntry extends Pick<ApiDefinition, 'app' | 'method' | 'path' | 'parameters'> {
  readonly group: string;
  readonly stage: string;
  /** The API's name in its group. */
  readonly api: string;
  readonly published: boolean;
  readonly kind: ApiDefinition['backend']['kind'];
  /** Of data APIs. */
  readonly data?: DataBackend;
  /** The name of the function that answers. */
  readonly function: string;
}

/** As lists show it: no statement, no name of a function. */
export type BackendView = Omit<BackendEntry, 'data' | 'function' | 'stage'> & { readonly name: string };

export function backendView({ group, api, app, published, kind, method, path, parameters }: BackendEntry): BackendView {
  return { name: `${group}/${api}`, group, api, app, published, kind, method, path, parameters };
}
