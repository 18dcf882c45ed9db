import type { ApiDefinition } from '../../core/apic/api-definition.ts';
import { type Calls, path } from './calls.ts';

/** What answers an API. */
export interface Backend extends Pick<ApiDefinition, 'app' | 'method' | 'path' | 'parameters'> {
  /** `<group>/<api>` */
  readonly name: string;
  readonly group: string;
  readonly api: string;
  readonly kind: ApiDefinition['backend']['kind'];
  /** Whether a route leads to it. */
  readonly published: boolean;
}

export interface BackendTest {
  readonly method?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly app?: string;
  readonly context?: Readonly<Record<string, string>>;
}

type Headers = readonly (readonly [name: string, value: string])[];

export interface BackendReport {
  readonly backend: Backend;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Headers;
    readonly body: string;
  };
  /** Of a data API, whose parameters were as declared. */
  readonly statement?: {
    readonly sql: string;
    readonly parameters: readonly { readonly name: string; readonly value: Readonly<Record<string, unknown>> }[];
  };
  readonly answer: {
    readonly status: number;
    readonly headers: Headers;
    readonly body: string;
    readonly base64: boolean;
  };
  readonly milliseconds: number;
}

export interface BackendOperations {
  backends(): Promise<Backend[]>;
  testBackend(group: string, api: string, test: BackendTest): Promise<BackendReport>;
}

export function backendOperations({ send, all }: Calls): BackendOperations {
  return {
    backends: () => all<Backend>('/backends'),
    testBackend: (group, api, test) =>
      send('POST', path`/backends/${group}/${api}/test`, test) as Promise<BackendReport>,
  };
}
