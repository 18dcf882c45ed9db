import type { Resource } from '../template/resource.ts';
import { customResource } from './custom-resource.ts';
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
import { s3Bucket } from './s3-bucket.ts';

/** Every CloudFormation type the runtime runs; what is neither here nor on the inert list is refused. */
export const RESOURCES: readonly Resource[] = [
  customResource,
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
  s3Bucket,
];
