import { ArnFormat, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnLogging } from 'aws-cdk-lib/aws-iot';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { statementFor } from './allowance.ts';

/** Where IoT Core writes. D:iot/latest/developerguide/cloud-watch-logs */
const IOT_LOG_GROUP = 'AWSIotLogsV2';
const GATEWAY_POLICY = 'service-role/AmazonAPIGatewayPushToCloudWatchLogs';

/** What an account and region have once, however many platforms: that IoT Core and API Gateway may write logs. */
export class AccountStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, { description: 'Causeway: settings of the account', ...props });
    new CfnLogging(this, 'IotLogging', {
      accountId: this.account,
      defaultLogLevel: 'ERROR',
      roleArn: this.#iotRole().roleArn,
    });
    new CfnAccount(this, 'Gateway', { cloudWatchRoleArn: this.#gatewayRole().roleArn });
  }

  #iotRole(): Role {
    const role = new Role(this, 'IotLogs', { assumedBy: new ServicePrincipal('iot.amazonaws.com') });
    const group = this.formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `${IOT_LOG_GROUP}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const actions = ['CreateLogGroup', 'CreateLogStream', 'PutLogEvents', 'PutMetricFilter', 'PutRetentionPolicy'];
    role.addToPolicy(
      statementFor(role, {
        actions: actions.map((action) => `logs:${action}`),
        resources: [group],
        because: 'The log streams of one log group, whose name IoT Core gives.',
      }),
    );

    return role;
  }

  #gatewayRole(): Role {
    const role = new Role(this, 'GatewayLogs', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(GATEWAY_POLICY)],
    });
    acknowledge(role, {
      [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${GATEWAY_POLICY}]`]:
        'API Gateway refuses the setting unless its role holds exactly what this policy grants: writing log groups.',
    });
    return role;
  }
}
