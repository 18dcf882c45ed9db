import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { acknowledge } from '../platform/acknowledge.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { Integration } from '../platform/integration.ts';

const ID = 'ScriptCache';

/** Lets a function use the cache that the scripts of an integration share; an idle one costs nothing. */
export function grantScriptCache(handler: HandlerFunction): void {
  const { tableArn, tableName } = cacheOf(Integration.of(handler));
  handler
    .variable('CACHE_TABLE', tableName)
    .allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'], [tableArn]);
}

function cacheOf(integration: Integration): Table {
  const known = integration.node.tryFindChild(ID);
  if (known instanceof Table) {
    return known;
  }
  const table = new Table(integration, ID, {
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.DEFAULT,
    partitionKey: { name: 'key', type: AttributeType.STRING },
    timeToLiveAttribute: 'until',
    removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledge(table, { 'AwsSolutions-DDB3': 'A cache: what is in it can be had again from where it came.' });

  return table;
}
