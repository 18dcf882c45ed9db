import type { Construct } from 'constructs';
import { dataApi } from '../../core/apic/data-api.ts';
import type { ITable } from '../fdi/migrations.ts';
import { checkName } from '../platform/setting.ts';
import { type OwnBackendProps, requiredKey } from './own-backend.ts';
import { PublishedApi, type PublishedApiProps } from './published-api.ts';

export interface DataApiProps extends PublishedApiProps, OwnBackendProps {
  /** One statement. `${name}` is a parameter, always bound; `[and col = ${x}]` is left out when `x` is absent. */
  readonly sql: string;
  /** Tables the statement reads; the database user of the APIs sees these and no others. */
  readonly reads: readonly ITable[];
  /**
   * Tables the statement changes.
   * @default - none
   */
  readonly writes?: readonly ITable[];
  /**
   * The key of the answer, 1 to 32 letters, digits or `_`.
   * @default 'default'
   */
  readonly returnObject?: string;
}

/** A statement, published as an API: `{"default":[{…}]}`. */
export class DataApi extends PublishedApi {
  /** @throws InvalidSetting naming what cannot work: the statement is compiled as the function will */
  constructor(
    scope: Construct,
    id: string,
    { sql, returnObject = 'default', reads, writes = [], ...api }: DataApiProps,
  ) {
    super(scope, id, api, (place, parameters) => {
      const backend = { kind: 'data' as const, returnObject, sql };
      dataApi({ name: place.node.path, parameters, backend });

      return { backend, handler: api.group.data, ...requiredKey(place, api) };
    });
    checkName(this, 'returnObject', returnObject, /^\w{1,32}$/, '1 to 32 letters, digits or `_`');
    for (const table of reads) {
      table.grant(['SELECT']);
    }
    for (const table of writes) {
      table.grant(['INSERT', 'UPDATE', 'DELETE']);
    }
  }
}
