import { expect, test } from '@jest/globals';
import { ApiModel } from '../../../local/gateway/api-model.ts';

const restApiId = 'abcdefghij';
const resource = (n: number) =>
  ({ kind: 'resource', restApiId, id: `r${n}`, parentId: 'root', pathPart: `p${n}` }) as const;
const authorizer = (n: number) =>
  ({
    kind: 'authorizer',
    restApiId,
    id: `a${n}`,
    name: `a${n}`,
    functionArn: 'f',
    identitySources: [],
    ttlSeconds: 0,
  }) as const;
const stage = (n: number) =>
  ({ kind: 'stage', restApiId, id: `s${n}`, name: `s${n}`, variables: {}, throttling: [] }) as const;

test.each([
  ['Resources', 300, resource],
  ['Authorizers', 10, authorizer],
  ['Stages', 10, stage],
])('an API has at most so many %s: %i', (what, maximum, part) => {
  const model = new ApiModel(restApiId);
  for (let n = 0; n < maximum; n += 1) model.apply(part(n));

  // What is there already may change.
  expect(() => model.apply(part(0))).not.toThrow();
  expect(() => model.apply(part(maximum))).toThrow(`Maximum number of ${what} for this API has been reached.`);
  model.remove(part(0));
  expect(() => model.apply(part(maximum))).not.toThrow();
});
