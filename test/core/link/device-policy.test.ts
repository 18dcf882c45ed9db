import { expect, test } from '@jest/globals';
import { assert, property, stringMatching } from 'fast-check';
import { devicePolicy, placeOfArn } from '../../../core/link/device-policy.ts';

const PLACE = { partition: 'aws', region: 'eu-west-1', account: '123456789012' };
const DEVICE = { clientId: 'd0123456789abcdef0123', productId: 'p0a1b2c3d4e5', deviceId: 'S-001' };

test('a device may connect as itself, publish to its out topic and listen to its in topic, and nothing else', () => {
  expect(devicePolicy(PLACE, DEVICE)).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'iot:Connect',
        Resource: 'arn:aws:iot:eu-west-1:123456789012:client/d0123456789abcdef0123',
      },
      {
        Effect: 'Allow',
        Action: 'iot:Publish',
        Resource: 'arn:aws:iot:eu-west-1:123456789012:topic/p0a1b2c3d4e5/out/S-001',
      },
      {
        Effect: 'Allow',
        Action: 'iot:Subscribe',
        Resource: 'arn:aws:iot:eu-west-1:123456789012:topicfilter/p0a1b2c3d4e5/in/S-001',
      },
      {
        Effect: 'Allow',
        Action: 'iot:Receive',
        Resource: 'arn:aws:iot:eu-west-1:123456789012:topic/p0a1b2c3d4e5/in/S-001',
      },
    ],
  });
});

test('the longest names still fit into a policy of 2,048 characters', () => {
  assert(
    property(stringMatching(/^[A-Za-z0-9_-]{64}$/), stringMatching(/^[A-Za-z0-9]{32}$/), (deviceId, productId) => {
      const place = { partition: 'aws-us-gov', region: 'us-gov-west-1', account: '123456789012' };

      expect(JSON.stringify(devicePolicy(place, { ...DEVICE, productId, deviceId })).length).toBeLessThanOrEqual(2048);
    }),
  );
});

test.each([
  { deviceId: '*' },
  { deviceId: 'S/1' },
  { productId: '+' },
  { clientId: '${iot:ClientId}' },
  { clientId: 'd?' },
  { deviceId: '' },
])('a name that would mean more than itself is refused: %j', (difference) => {
  expect(() => devicePolicy(PLACE, { ...DEVICE, ...difference })).toThrow('letters, digits');
});

test('the place is read from an ARN in every partition, with or without a qualifier', () => {
  expect(placeOfArn('arn:aws:lambda:eu-west-1:123456789012:function:authorize')).toEqual(PLACE);
  expect(placeOfArn('arn:aws-cn:lambda:cn-north-1:123456789012:function:authorize:live')).toEqual({
    partition: 'aws-cn',
    region: 'cn-north-1',
    account: '123456789012',
  });
});

test.each(['', 'authorize', 'arn:aws:s3:::bucket'])('%j is not the ARN of a function', (arn) => {
  expect(() => placeOfArn(arn)).toThrow('ARN');
});
