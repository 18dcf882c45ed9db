import { Stack } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { HandlerFunction } from './handler-function.ts';

/** A gateway is told of a device behind it that is deleted. */
export function grantRemovalNotices(handler: HandlerFunction): void {
  const resourceName = '/v1/devices/d*/topo/delete';
  handler.allow(['iot:Publish'], [Stack.of(handler).formatArn({ service: 'iot', resource: 'topic', resourceName })], {
    because: 'Any gateway may lose a device behind it.',
  });
}

/** Looking a task's event source mapping up. */
export function grantMappings(handler: HandlerFunction): void {
  handler.allow(['lambda:GetEventSourceMapping'], ['*'], {
    because: 'A mapping that is gone has no function a condition could hold it to, and asking for it must answer that.',
  });
}

/** Reading what no topic took. */
export function grantErrorStore(handler: HandlerFunction, bucket: Bucket): void {
  handler
    .variable('ERROR_STORE', bucket.bucketName)
    .allow(['s3:ListBucket'], [bucket.bucketArn])
    .allow(['s3:GetObject'], [bucket.arnForObjects('*')], {
      because: 'Any message of the error store may be asked for; what lies in it is all of one kind.',
    });
}

/** Asking where devices connect. */
export function grantDomainConfiguration(handler: HandlerFunction, domainConfiguration: string): void {
  const arn = Stack.of(handler).formatArn({
    service: 'iot',
    resource: 'domainconfiguration',
    resourceName: `${domainConfiguration}/*`,
  });
  handler.variable('MQTT_DOMAIN_CONFIGURATION', domainConfiguration).allow(['iot:DescribeDomainConfiguration'], [arn], {
    because: 'IoT Core puts an id of its own behind the name of the domain configuration.',
  });
}
