import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { HandlerFunction } from '../platform/handler-function.ts';

/** Once a day has a task's function remove what is kept of its batches and whose time is over, also when it has nothing to write any more. */
export class ImageClock extends Construct {
  constructor(scope: Construct, id: string, worker: HandlerFunction) {
    super(scope, id);
    const role = new Role(this, 'Clock', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [worker.arn] }));
    new CfnSchedule(this, 'Schedule', {
      scheduleExpression: 'rate(1 day)',
      flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 60 },
      target: {
        arn: worker.arn,
        roleArn: role.roleArn,
        input: JSON.stringify({ expire: true }),
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 3 },
      },
    }).node.addDependency(role);
  }
}
