import type { IoTCustomAuthorizerEvent, IoTCustomAuthorizerResult } from 'aws-lambda';
import { type CountedRefusals, refusalCounter } from '../../core/link/refusal-counter.ts';
import { dynamodbCall } from './dynamodb-call.ts';
import { logger } from './logger.ts';

type Authorize<C> = (event: IoTCustomAuthorizerEvent, context: C) => Promise<IoTCustomAuthorizerResult>;

/** Forgotten a week after the last. */
const KEPT_SECONDS = 604_800;

/**
 * An authorizer whose refusals are counted, where the platform tells of them (`REFUSAL_TABLE`): the first word of its principal says why.
 */
export function counted<C>(authorize: Authorize<C>): Authorize<C> {
  const table = process.env['REFUSAL_TABLE'];
  if (table === undefined) {
    return authorize;
  }
  const count = refusalCounter({
    add: (refusals) => add(table, refusals),
    failed: (error) => logger.warn('refused log-ins not counted', { error }),
  });

  return async (event, context) => {
    const result = await authorize(event, context);
    if (!result.isAuthenticated) {
      const reason = result.principalId.replace(/^refused/, '');
      await count({ clientId: event.protocolData?.mqtt?.clientId, reason, at: Date.now() });
    }

    return result;
  };
}

function add(TableName: string, { clientId, count, at, reason }: CountedRefusals) {
  return dynamodbCall('UpdateItem', {
    TableName,
    Key: { clientId: { S: clientId } },
    UpdateExpression: 'SET #at = :at, #reason = :reason, #until = :until ADD #total :count',
    ExpressionAttributeNames: { '#at': 'at', '#reason': 'reason', '#until': 'until', '#total': 'total' },
    ExpressionAttributeValues: {
      ':at': { N: String(at) },
      ':reason': { S: reason },
      ':until': { N: String(Math.ceil(at / 1000) + KEPT_SECONDS) },
      ':count': { N: String(count) },
    },
  });
}
