import { Buffer } from 'node:buffer';
import type { AwsService } from '../../../local/aws/service.ts';
import type { WatchedPlatform } from './watched-platform.ts';

/** A table of the platform, and operations of DynamoDB on it past every right. @param part of its name */
export async function tableNamed({ engines }: WatchedPlatform, part: string) {
  const [service] = engines.dynamodb.services ?? [];
  const call = async (operation: string, input: object) => {
    const body = Buffer.from(JSON.stringify(input));
    const request = { method: 'POST', path: '/', query: new URLSearchParams(), headers: {}, body, operation };
    const answer = await (service as AwsService).handle(request, { roleArn: '', sessionArn: '' });

    return JSON.parse(String(answer.body));
  };
  const { TableNames } = (await call('ListTables', {})) as { TableNames: string[] };

  return { call, table: TableNames.find((name) => name.includes(part)) ?? '' };
}
