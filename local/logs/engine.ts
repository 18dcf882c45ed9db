import { join } from 'node:path';
import { arn } from '../account.ts';
import { jsonService } from '../aws/json-service.ts';
import type { EngineHost, LogGroups } from '../engines.ts';
import { filterLogEvents } from './filter-log-events.ts';

/** CloudWatch Logs on this machine: groups are views of the files that functions log into. Who logs is the function; the files are its. */
export function createLogGroups(host: Pick<EngineHost, 'state'>): LogGroups {
  const groups = new Map<string, Set<string>>();

  return {
    services: [
      jsonService({
        signingName: 'logs',
        version: '1.1',
        operations: new Map([[filterLogEvents.name, filterLogEvents]]),
        context: {
          functionsOf: (group) => (groups.has(group) ? [...(groups.get(group) as Set<string>)] : undefined),
          directory: join(host.state, 'logs'),
        },
      }),
    ],
    apply(name) {
      groups.set(name, groups.get(name) ?? new Set());

      return { arn: arn('logs', `log-group:${name}:*`) };
    },
    remove: (name) => void groups.delete(name),
    attach(name, functionName) {
      groups.set(name, (groups.get(name) ?? new Set()).add(functionName));
    },
    async start() {
      // the template says which groups there are
    },
    async stop() {
      // nothing runs
    },
  };
}
