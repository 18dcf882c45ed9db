import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
  CreateThingTypeCommand,
  DeleteCertificateCommand,
  DeleteThingCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeCertificateCommand,
  DescribeDomainConfigurationCommand,
  DescribeEndpointCommand,
  DescribeThingCommand,
  DescribeThingTypeCommand,
  IoTClient,
  ListThingsCommand,
  ListThingTypesCommand,
  paginateListThings,
  UpdateCertificateCommand,
  UpdateThingCommand,
} from '@aws-sdk/client-iot';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createIotRegistry } from '../../local/iot/iot-registry.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

let aws: Endpoint;
let iot: IoTClient;

beforeAll(async () => {
  aws = await endpoint({ iot: createIotRegistry });
  iot = new IoTClient(aws.client);
  await aws.host.engines.iot.apply({
    kind: 'domain-configuration',
    name: 'devices',
    allowAuthorizerOverride: false,
    enabled: true,
  });
});

afterAll(async () => {
  iot.destroy();
  await aws.stop();
});

test('a thing lives its life through the SDK', async () => {
  const attributePayload = { attributes: { productId: 'p1', deviceId: 'S-001' } };
  await iot.send(
    new CreateThingTypeCommand({
      thingTypeName: 'Sensor',
      thingTypeProperties: { searchableAttributes: ['deviceId'] },
    }),
  );
  const created = await iot.send(
    new CreateThingCommand({ thingName: 'd1', thingTypeName: 'Sensor', attributePayload }),
  );
  const again = await iot.send(new CreateThingCommand({ thingName: 'd1', thingTypeName: 'Sensor', attributePayload }));
  const described = await iot.send(new DescribeThingCommand({ thingName: 'd1' }));

  expect(again.thingId).toBe(created.thingId);
  expect(described).toMatchObject({
    thingName: 'd1',
    thingArn: 'arn:aws:iot:us-east-1:000000000000:thing/d1',
    thingTypeName: 'Sensor',
    attributes: { productId: 'p1', deviceId: 'S-001' },
    version: 1,
  });

  await iot.send(
    new UpdateThingCommand({
      thingName: 'd1',
      attributePayload: { attributes: { deviceId: 'S-002' }, merge: true },
      expectedVersion: 1,
    }),
  );
  const { things } = await iot.send(new ListThingsCommand({ attributeName: 'deviceId', attributeValue: 'S-002' }));
  expect(things).toMatchObject([{ thingName: 'd1', version: 2 }]);

  await iot.send(new DeleteThingCommand({ thingName: 'd1', expectedVersion: 2 }));
  await iot.send(new DeprecateThingTypeCommand({ thingTypeName: 'Sensor' }));
  const type = await iot.send(new DescribeThingTypeCommand({ thingTypeName: 'Sensor' }));
  expect(type.thingTypeMetadata).toMatchObject({ deprecated: true, creationDate: expect.any(Date) });
  await iot.send(new DeleteThingTypeCommand({ thingTypeName: 'Sensor' }));
  expect((await iot.send(new ListThingTypesCommand({}))).thingTypes).toEqual([]);
});

test('pages are followed by the SDK', async () => {
  for (const n of [1, 2, 3, 4, 5]) await iot.send(new CreateThingCommand({ thingName: `page:${n}` }));

  const names: (string | undefined)[] = [];
  for await (const { things = [] } of paginateListThings({ client: iot, pageSize: 2 }, {})) {
    names.push(...things.map(({ thingName }) => thingName));
  }

  expect(names).toEqual(['page:1', 'page:2', 'page:3', 'page:4', 'page:5']);
});

test('refusals have the types of the SDK', async () => {
  await iot.send(new CreateThingCommand({ thingName: 'taken' }));

  await expect(iot.send(new DescribeThingCommand({ thingName: 'none' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
  await expect(
    iot.send(new CreateThingCommand({ thingName: 'taken', attributePayload: { attributes: { a: '1' } } })),
  ).rejects.toMatchObject({
    name: 'ResourceAlreadyExistsException',
    resourceArn: 'arn:aws:iot:us-east-1:000000000000:thing/taken',
  });
  await expect(iot.send(new UpdateThingCommand({ thingName: 'taken', expectedVersion: 9 }))).rejects.toMatchObject({
    name: 'VersionConflictException',
  });
  await expect(iot.send(new CreateThingCommand({ thingName: 'not allowed' }))).rejects.toMatchObject({
    name: 'InvalidRequestException',
  });
});

test('IAM is asked for every call, and its refusal is the SDK’s', async () => {
  aws.denied.add('iot:CreateThing');

  await expect(iot.send(new CreateThingCommand({ thingName: 'denied' }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  aws.denied.delete('iot:CreateThing');

  expect(aws.asked.at(-1)).toEqual({
    action: 'iot:CreateThing',
    resource: 'arn:aws:iot:us-east-1:000000000000:thing/denied',
  });
  await expect(iot.send(new DescribeThingCommand({ thingName: 'denied' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test('devices are told where to connect', async () => {
  const { domainName } = await iot.send(new DescribeDomainConfigurationCommand({ domainConfigurationName: 'devices' }));
  const { endpointAddress } = await iot.send(new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }));

  expect([domainName, endpointAddress]).toEqual(['localhost', 'localhost']);
});

test('a certificate lives its life through the SDK, and its authority outlasts it', async () => {
  const made = await iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true }));
  const { certificateId = '', certificatePem = '', certificateArn, keyPair } = made;
  const certificate = new X509Certificate(certificatePem);
  const registry = aws.host.engines.iot;

  expect(certificateArn).toBe(`arn:aws:iot:us-east-1:000000000000:cert/${certificateId}`);
  expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(certificateId);
  expect(certificate.checkPrivateKey(createPrivateKey(keyPair?.PrivateKey ?? ''))).toBe(true);
  expect(certificate.verify(new X509Certificate(registry.deviceAuthority).publicKey)).toBe(true);
  expect(registry.certificateStatus(certificate.raw)).toBe('ACTIVE');

  await expect(iot.send(new DeleteCertificateCommand({ certificateId }))).rejects.toMatchObject({
    name: 'CertificateStateException',
  });
  await iot.send(new UpdateCertificateCommand({ certificateId, newStatus: 'REVOKED' }));
  const { certificateDescription } = await iot.send(new DescribeCertificateCommand({ certificateId }));
  expect(certificateDescription).toMatchObject({ certificateId, status: 'REVOKED', certificatePem });

  await iot.send(new DeleteCertificateCommand({ certificateId }));
  expect(registry.certificateStatus(certificate.raw)).toBeUndefined();
  await expect(iot.send(new DescribeCertificateCommand({ certificateId }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});
