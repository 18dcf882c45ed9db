import { expect, test } from '@jest/globals';
import { epochOf } from '../../../core/fdi/epoch.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:Consumer';

test.each([
  [ARN, 1],
  [`${ARN}:epoch-7`, 7],
  [`${ARN}:live`, 1],
])('%s writes in epoch %d', (arn, epoch) => {
  expect(epochOf(arn)).toBe(epoch);
});
