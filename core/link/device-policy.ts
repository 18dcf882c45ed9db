import { InvalidSetting } from '../errors.ts';
import type { DeviceRecord } from './device.ts';
import { basicIngestTopic, commandResponseTopic, deviceTopics, gatewayTopics } from './device-topics.ts';

/** Where the platform lives; parts of an ARN. */
export interface AwsPlace {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

export interface PolicyStatement {
  readonly Effect: 'Allow';
  readonly Action: string;
  readonly Resource: string | readonly string[];
}

/** An AWS IoT Core policy. At most 2,048 characters as JSON. D:iot/latest/developerguide/custom-auth-lambda */
export interface DevicePolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** No wildcard, no policy variable, no level separator: what is rendered into a policy means exactly itself. */
const LITERAL = /^[A-Za-z0-9_-]+$/;

/**
 * What one device may do: connect as itself, publish to its out topic (by Basic Ingest, too, where its product has it) and answer commands, subscribe to and receive from its in topic; a gateway
 * also what a second policy says of its own topics. Literal, since thing policy variables need a certificate.
 * D:iot/latest/developerguide/thing-policy-variables
 */
export function devicePolicies(
  { partition, region, account }: AwsPlace,
  device: Pick<DeviceRecord, 'clientId' | 'productId' | 'deviceId' | 'nodeType'>,
  { basicIngest = false }: { readonly basicIngest?: boolean } = {},
): readonly DevicePolicy[] {
  for (const name of ['clientId', 'productId', 'deviceId'] as const) {
    if (!LITERAL.test(device[name])) {
      throw new InvalidSetting(name, device[name], 'letters, digits, "_" and "-"');
    }
  }
  const { clientId, nodeType } = device;
  const arn = (kind: string, name: string) => `arn:${partition}:iot:${region}:${account}:${kind}/${name}`;
  const allow = (action: string, kind: string, ...names: readonly string[]): PolicyStatement => {
    const [first = '', ...more] = names.map((name) => arn(kind, name));

    return { Effect: 'Allow', Action: action, Resource: more.length === 0 ? first : [first, ...more] };
  };
  const policy = (Statement: readonly PolicyStatement[]): DevicePolicy => ({ Version: '2012-10-17', Statement });
  const { publish, subscribe } = deviceTopics(device);
  const ingest = basicIngest ? [basicIngestTopic(device)] : [];
  const own = gatewayTopics(clientId);

  return [
    policy([
      allow('iot:Connect', 'client', clientId),
      allow('iot:Publish', 'topic', publish, ...ingest, commandResponseTopic(clientId)),
      allow('iot:Subscribe', 'topicfilter', subscribe),
      allow('iot:Receive', 'topic', subscribe),
    ]),
    ...(nodeType === 'gateway'
      ? [
          policy([
            allow('iot:Publish', 'topic', ...own.publish),
            allow('iot:Subscribe', 'topicfilter', ...own.subscribe),
            allow('iot:Receive', 'topic', ...own.subscribe),
          ]),
        ]
      : []),
  ];
}

/** The place a function runs in, from its own ARN: `arn:aws:lambda:eu-west-1:123456789012:function:name`. */
export function placeOfArn(arn: string): AwsPlace {
  const [prefix, partition, , region, account] = arn.split(':');
  if (prefix !== 'arn' || !partition || !region || !account) {
    throw new InvalidSetting('ARN', arn, 'arn:<partition>:<service>:<region>:<account>:…');
  }
  return { partition, region, account };
}
