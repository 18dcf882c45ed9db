import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { Environment } from './environment.ts';

const WINDOW_SECONDS = 300;

/** Refuses an address that calls too often before a function has to: wrong credentials cost us money, not the caller. */
export class WebFirewall extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const visibility = (metricName: string) => ({
      metricName,
      cloudWatchMetricsEnabled: true,
      sampledRequestsEnabled: true,
    });
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      description: 'Limits the calls of one address to the APIs',
      defaultAction: { allow: {} },
      visibilityConfig: visibility('causeway'),
      rules: [
        {
          name: 'calls-per-address',
          priority: 0,
          action: { block: {} },
          statement: {
            rateBasedStatement: {
              aggregateKeyType: 'IP',
              limit: environment.callsPerAddress,
              evaluationWindowSec: WINDOW_SECONDS,
            },
          },
          visibilityConfig: visibility('causeway-calls-per-address'),
        },
      ],
    });
    this.arn = acl.attrArn;
  }
}
