import type { Construct } from 'constructs';
import { scriptResponse } from '../../core/apic/script/script-response.ts';
import { checkLength, checkWhole, invalid } from '../platform/setting.ts';
import { PublishedApi, type PublishedApiProps } from './published-api.ts';

export interface MockApiProps extends PublishedApiProps {
  /** @default 200 */
  readonly status?: number;
  /** Up to 65,536 characters. @default '' */
  readonly body?: string;
  /** @default - `Content-Type: application/json` */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An API that answers a fixed text, for trying out what stands before it, or until there is a backend. */
export class MockApi extends PublishedApi {
  /** @throws InvalidSetting for an answer that cannot be sent */
  constructor(scope: Construct, id: string, { status = 200, body = '', headers = {}, ...api }: MockApiProps) {
    super(scope, id, api, (place) => {
      checkWhole(place, 'status', status, { min: 200, max: 599 });
      checkLength(place, 'body', body, 65_536);
      try {
        scriptResponse({ status, body, headers });
      } catch {
        throw invalid(place, 'headers', headers, 'names and values HTTP can carry');
      }

      return { backend: { kind: 'mock', status, body, headers }, handler: api.group.mock };
    });
  }
}
