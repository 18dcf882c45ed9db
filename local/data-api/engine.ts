import type { Engine, EngineHost } from '../engines.ts';
import { LIMITS, type Limits } from './limits.ts';
import { dataApiService } from './service.ts';
import { Sources } from './source.ts';
import { Transactions } from './transactions.ts';

export interface DataApiOptions {
  /** Milliseconds before every answer; for measuring with the distance to AWS. @default 0 */
  readonly latencyMillis?: number;
  readonly limits?: Partial<Limits>;
}

/** The RDS Data API over the local MariaDB, as strict as AWS's. */
export function createDataApi(host: Pick<EngineHost, 'engines'>, options: DataApiOptions = {}): Engine {
  const limits = { ...LIMITS, ...options.limits };
  const sources = new Sources(host, limits);
  const transactions = new Transactions(limits);

  return {
    services: [dataApiService({ sources, transactions, limits }, options.latencyMillis ?? 0)],

    async start() {
      // sessions are opened when somebody asks
    },

    async stop() {
      transactions.close();
      sources.close();
    },
  };
}
