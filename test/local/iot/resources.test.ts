import { expect, test } from '@jest/globals';
import type { IotPart } from '../../../local/iot/iot-part.ts';
import { iotAuthorizer } from '../../../local/resources/iot-authorizer.ts';
import { iotDomainConfiguration } from '../../../local/resources/iot-domain-configuration.ts';
import { iotLogging } from '../../../local/resources/iot-logging.ts';
import { iotThingType } from '../../../local/resources/iot-thing-type.ts';
import type { Applied, Resource } from '../../../local/template/resource.ts';

async function apply(resource: Resource, properties: object) {
  const parts: IotPart[] = [];
  const removed: unknown[] = [];
  const engines = {
    iot: {
      async apply(part: IotPart) {
        parts.push(part);
        return { arn: `arn:${part.name}`, id: `id:${part.name}` };
      },
      remove: async (part: unknown) => void removed.push(part),
    },
  };
  const context = { properties, engines, name: () => 'Generated' };
  const applied: Applied = await resource.apply(context as never);
  await resource.remove?.({ ...context, previous: applied } as never);

  return { applied, part: parts[0], removed };
}

test('a thing type', async () => {
  const { applied, part, removed } = await apply(iotThingType, {
    ThingTypeName: 'Sensor',
    ThingTypeProperties: { ThingTypeDescription: 'parks', SearchableAttributes: ['deviceId'] },
  });

  expect(applied).toEqual({ ref: 'Sensor', attributes: { Arn: 'arn:Sensor', Id: 'id:Sensor' } });
  expect(part).toEqual({
    kind: 'thing-type',
    name: 'Sensor',
    description: 'parks',
    searchableAttributes: ['deviceId'],
    deprecated: false,
  });
  expect(removed).toEqual([{ kind: 'thing-type', name: 'Sensor' }]);
});

test('an authorizer, active unless the template says otherwise', async () => {
  const properties = { AuthorizerFunctionArn: 'f', SigningDisabled: true };

  expect(await apply(iotAuthorizer, properties)).toEqual({
    applied: { ref: 'Generated', attributes: { Arn: 'arn:Generated' } },
    part: { kind: 'authorizer', name: 'Generated', functionArn: 'f', active: true },
    removed: [{ kind: 'authorizer', name: 'Generated' }],
  });
  expect((await apply(iotAuthorizer, { ...properties, Status: 'INACTIVE' })).part).toMatchObject({ active: false });
});

test('an authorizer that wants signed tokens is refused', async () => {
  await expect(apply(iotAuthorizer, { AuthorizerFunctionArn: 'f' })).rejects.toThrow('set SigningDisabled');
});

test('a domain configuration', async () => {
  const { applied, part, removed } = await apply(iotDomainConfiguration, {
    AuthenticationType: 'CUSTOM_AUTH',
    ApplicationProtocol: 'SECURE_MQTT',
    AuthorizerConfig: { DefaultAuthorizerName: 'device', AllowAuthorizerOverride: false },
    DomainConfigurationStatus: 'DISABLED',
  });

  expect(applied).toMatchObject({ ref: 'Generated', attributes: { DomainType: 'AWS_MANAGED' } });
  expect(part).toEqual({
    kind: 'domain-configuration',
    name: 'Generated',
    defaultAuthorizerName: 'device',
    allowAuthorizerOverride: false,
    enabled: false,
  });
  expect(removed).toEqual([{ kind: 'domain-configuration', name: 'Generated' }]);
});

test('a domain configuration whose clients show certificates before the authorizer is asked', async () => {
  const { part } = await apply(iotDomainConfiguration, { AuthenticationType: 'CUSTOM_AUTH_X509' });

  expect(part).toMatchObject({ kind: 'domain-configuration', certificates: true });
});

test.each([
  [{ AuthenticationType: 'AWS_X509' }, 'AuthenticationType AWS_X509 is not run locally'],
  [{ ApplicationProtocol: 'MQTT_WSS' }, 'ApplicationProtocol MQTT_WSS is not run locally'],
  [{ AuthorizerConfig: { AllowAuthorizerOverride: true } }, 'AllowAuthorizerOverride is not run locally'],
])('a domain configuration with %j is refused', async (properties, reason) => {
  await expect(apply(iotDomainConfiguration, properties)).rejects.toThrow(reason);
});

test('the log level', async () => {
  expect(await apply(iotLogging, { AccountId: '000000000000', DefaultLogLevel: 'WARN', RoleArn: 'r' })).toEqual({
    applied: { ref: '000000000000' },
    part: { kind: 'logging', name: 'logging', level: 'WARN' },
    removed: [{ kind: 'logging', name: 'logging' }],
  });
});
