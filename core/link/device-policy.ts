import { InvalidSetting } from '../errors.ts';
import { deviceTopics } from './device-topics.ts';

/** Where the platform lives; parts of an ARN. */
export interface AwsPlace {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

export interface PolicyStatement {
  readonly Effect: 'Allow';
  readonly Action: string;
  readonly Resource: string;
}

/** An AWS IoT Core policy. At most 2,048 characters as JSON. D:iot/latest/developerguide/custom-auth-lambda */
export interface DevicePolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** No wildcard, no policy variable, no level separator: what is rendered into a policy means exactly itself. */
const LITERAL = /^[A-Za-z0-9_-]+$/;

/**
 * What one device may do: connect as itself, publish to its out topic, subscribe to and receive from its in topic. Literal, since thing
 * policy variables need a certificate. D:iot/latest/developerguide/thing-policy-variables
 */
export function devicePolicy(
  { partition, region, account }: AwsPlace,
  device: { readonly clientId: string; readonly productId: string; readonly deviceId: string },
): DevicePolicy {
  for (const name of ['clientId', 'productId', 'deviceId'] as const) {
    if (!LITERAL.test(device[name])) {
      throw new InvalidSetting(name, device[name], 'letters, digits, "_" and "-"');
    }
  }
  const arn = (kind: string, name: string) => `arn:${partition}:iot:${region}:${account}:${kind}/${name}`;
  const allow = (Action: string, Resource: string): PolicyStatement => ({ Effect: 'Allow', Action, Resource });
  const { publish, subscribe } = deviceTopics(device);

  return {
    Version: '2012-10-17',
    Statement: [
      allow('iot:Connect', arn('client', device.clientId)),
      allow('iot:Publish', arn('topic', publish)),
      allow('iot:Subscribe', arn('topicfilter', subscribe)),
      allow('iot:Receive', arn('topic', subscribe)),
    ],
  };
}

/** The place a function runs in, from its own ARN: `arn:aws:lambda:eu-west-1:123456789012:function:name`. */
export function placeOfArn(arn: string): AwsPlace {
  const [prefix, partition, , region, account] = arn.split(':');
  if (prefix !== 'arn' || !partition || !region || !account) {
    throw new InvalidSetting('ARN', arn, 'arn:<partition>:<service>:<region>:<account>:…');
  }
  return { partition, region, account };
}
