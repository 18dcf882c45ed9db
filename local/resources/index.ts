import type { Resource } from '../template/resource.ts';
import { apiGatewayAuthorizer } from './api-gateway-authorizer.ts';
import { apiGatewayDeployment } from './api-gateway-deployment.ts';
import { apiGatewayGatewayResponse } from './api-gateway-gateway-response.ts';
import { apiGatewayMethod } from './api-gateway-method.ts';
import { apiGatewayResource } from './api-gateway-resource.ts';
import { apiGatewayRestApi } from './api-gateway-rest-api.ts';
import { apiGatewayStage } from './api-gateway-stage.ts';
import { cloudwatchAlarm } from './cloudwatch-alarm.ts';
import { customResource } from './custom-resource.ts';
import { dynamodbTable } from './dynamodb-table.ts';
import { iamManagedPolicy } from './iam-managed-policy.ts';
import { iamPolicy } from './iam-policy.ts';
import { iamRole } from './iam-role.ts';
import { iotAuthorizer } from './iot-authorizer.ts';
import { iotDomainConfiguration } from './iot-domain-configuration.ts';
import { iotLogging } from './iot-logging.ts';
import { iotThingType } from './iot-thing-type.ts';
import { iotTopicRule } from './iot-topic-rule.ts';
import { kinesisStream } from './kinesis-stream.ts';
import { kinesisStreamConsumer } from './kinesis-stream-consumer.ts';
import { lambdaEventSourceMapping } from './lambda-event-source-mapping.ts';
import { lambdaFunction } from './lambda-function.ts';
import { lambdaPermission } from './lambda-permission.ts';
import { logsLogGroup } from './logs-log-group.ts';
import { rdsDbCluster } from './rds-db-cluster.ts';
import { rdsDbClusterParameterGroup } from './rds-db-cluster-parameter-group.ts';
import { rdsDbInstance } from './rds-db-instance.ts';
import { rdsDbSubnetGroup } from './rds-db-subnet-group.ts';
import { s3Bucket } from './s3-bucket.ts';
import { schedulerSchedule } from './scheduler-schedule.ts';
import { secretsManagerResourcePolicy } from './secrets-manager-resource-policy.ts';
import { secretsManagerSecret } from './secrets-manager-secret.ts';
import { secretsManagerSecretTargetAttachment } from './secrets-manager-secret-target-attachment.ts';

/** Every CloudFormation type the runtime runs; what is neither here nor on the inert list is refused. */
export const RESOURCES: readonly Resource[] = [
  apiGatewayAuthorizer,
  apiGatewayDeployment,
  apiGatewayGatewayResponse,
  apiGatewayMethod,
  apiGatewayResource,
  apiGatewayRestApi,
  apiGatewayStage,
  cloudwatchAlarm,
  customResource,
  dynamodbTable,
  iamManagedPolicy,
  iamPolicy,
  iamRole,
  iotAuthorizer,
  iotDomainConfiguration,
  iotLogging,
  iotThingType,
  iotTopicRule,
  kinesisStream,
  kinesisStreamConsumer,
  lambdaEventSourceMapping,
  lambdaFunction,
  lambdaPermission,
  logsLogGroup,
  rdsDbCluster,
  rdsDbClusterParameterGroup,
  rdsDbInstance,
  rdsDbSubnetGroup,
  s3Bucket,
  schedulerSchedule,
  secretsManagerResourcePolicy,
  secretsManagerSecret,
  secretsManagerSecretTargetAttachment,
];
