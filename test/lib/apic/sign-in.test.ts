import { expect, test } from '@jest/globals';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import type { ApiDefinitions, AppScheme } from '../../../core/apic/api-definition.ts';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { MockApi, type MockApiProps } from '../../../lib/apic/mock-api.ts';
import { definitionsOf, resourcesOf, sandbox, templateOf } from '../sandbox.ts';

/** A group with one API, and what its template says. */
function published(props: Partial<MockApiProps> = {}) {
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Enterprise');
  new MockApi(box.stack, 'Orders', { group, app: box.owner, path: '/orders', ...props });

  return { ...box, group };
}

function definitionOf(props: Partial<MockApiProps>) {
  const { stack } = published(props);

  return definitionsOf<ApiDefinitions>(stack, 'EnterpriseAuthorize').apis[0];
}

/** Actions of a role of the integration, and of what it lets the platform do, joined. */
function policyOf({ stack }: ReturnType<typeof published>, start: string): string {
  const policies = { ...resourcesOf(stack, 'AWS::IAM::Policy'), ...resourcesOf(stack, 'AWS::IAM::ManagedPolicy') };
  const found = Object.entries(policies).filter(([id]) => id.startsWith(start));

  return JSON.stringify(found.map(([, { Properties }]) => Properties['PolicyDocument']));
}

test('an API takes signatures, and where it says so AppCodes', () => {
  expect(definitionOf({})).toMatchObject({ auth: 'app', appCode: false });
  expect(definitionOf({})).not.toHaveProperty('schemes');
  expect(definitionOf({ appCode: true })).toMatchObject({ appCode: true });
});

test('what an API says of schemes, bodies, replays and explanations is in its definition', () => {
  expect(definitionOf({ schemes: ['basic', 'appCode'] })).toMatchObject({
    schemes: ['basic', 'appCode'],
    appCode: true,
  });
  expect(definitionOf({ unsignedPayload: false, replayDefence: true, explain: true })).toMatchObject({
    unsignedPayload: false,
    replayDefence: true,
    explain: true,
  });
  expect(Object.keys(definitionOf({ unsignedPayload: true, replayDefence: false, explain: false }) ?? {})).toEqual(
    Object.keys(definitionOf({}) ?? {}),
  );
});

test('the catalogue lists the schemes', () => {
  const entriesOf = (props: Partial<MockApiProps>) =>
    JSON.stringify(resourcesOf(published(props).stack, 'Custom::CausewayCatalog'));

  expect(entriesOf({ appCode: true })).toContain(String.raw`\"schemes\":[\"signature\",\"appCode\"]`);
  expect(entriesOf({ schemes: ['jwt'] })).toContain(String.raw`\"schemes\":[\"jwt\"]`);
  expect(entriesOf({ auth: 'none' })).not.toContain('schemes');
});

test.each<[string, Partial<MockApiProps>, string]>([
  ['schemes', { schemes: [] }, 'at least one'],
  ['schemes', { schemes: ['basic', 'basic'] }, 'at most once'],
  ['schemes', { schemes: ['Basic' as AppScheme] }, 'each of signature, basic, jwt, secret, appCode, apikey'],
  ['appCode', { schemes: ['basic'], appCode: true }, 'what schemes say'],
  ['appCode', { schemes: ['appCode'], appCode: false }, 'what schemes say'],
  ['appCode', { auth: 'none', appCode: true }, 'nothing with auth none'],
  ['schemes', { auth: 'none', schemes: ['basic'] }, 'nothing with auth none'],
  ['unsignedPayload', { auth: 'none', unsignedPayload: false }, 'nothing with auth none'],
  ['replayDefence', { auth: 'none', replayDefence: true }, 'nothing with auth none'],
  ['explain', { auth: 'none', explain: true }, 'nothing with auth none'],
  ['unsignedPayload', { schemes: ['basic'], unsignedPayload: false }, 'nothing else covers a body'],
  ['replayDefence', { appCode: true, replayDefence: true }, 'appCode can be sent again'],
  ['replayDefence', { schemes: ['jwt'], replayDefence: true }, 'jwt can be sent again'],
])('%s is refused: %j', (setting, props, allowed) => {
  expect(() => published(props)).toThrow(`Lot/Orders: ${setting}: received`);
  expect(() => published(props)).toThrow(allowed);
});

test('only where signatures are good for one call are they remembered, by who judges them', () => {
  const [without, get, post] = [
    published({ method: 'POST' }),
    published({ replayDefence: true }),
    published({ method: 'POST', replayDefence: true }),
  ];

  expect(policyOf(without, '')).not.toContain('dynamodb:PutItem');
  expect(policyOf(get, 'EnterpriseAuthorize')).toContain('"dynamodb:PutItem"');
  expect(policyOf(post, 'EnterpriseAuthorize')).toContain('"dynamodb:PutItem"');
  // Of a GET the authorizer knows everything that is signed.
  expect(policyOf(get, 'AllowverifySignature')).toBe('[]');
  expect(policyOf(post, 'AllowverifySignature')).toContain('"dynamodb:PutItem"');
  for (const answering of ['EnterpriseMock', 'EnterpriseNotFound']) {
    expect(policyOf(post, answering)).not.toContain('dynamodb');
  }
  templateOf(post.stack).hasResourceProperties('AWS::Lambda::Function', {
    Description: Match.stringLikeRegexp('^Decides about each call'),
    Environment: { Variables: Match.objectLike({ NONCE_TABLE: Match.anyValue() }) },
  });
});

test('only where refusals are explained is there a function that does it', () => {
  const functions = (props: Partial<MockApiProps>) => {
    const { stack } = published(props);

    return Object.values(resourcesOf(stack, 'AWS::Lambda::Function')).map(({ Properties }) => Properties);
  };
  const explaining = functions({ explain: true });

  expect(JSON.stringify(functions({}))).not.toContain('EXPLAIN_FUNCTION');
  expect(explaining.filter(({ Description }) => String(Description).startsWith('Says why'))).toHaveLength(1);
  expect(explaining.filter((one) => JSON.stringify(one['Environment']).includes('EXPLAIN_FUNCTION'))).toMatchObject([
    { Description: expect.stringContaining('Answers fixed texts') },
  ]);
});

test('the synthesis says which APIs explain refusals', () => {
  const { stack } = published({ explain: true });

  Annotations.fromStack(stack).hasInfo('/Lot/Orders', Match.stringLikeRegexp('not for APIs strangers call'));
});

test('a signature over a body is checked only where signatures are taken', () => {
  expect(policyOf(published({ method: 'POST' }), 'EnterpriseMock')).toContain('lambda:InvokeFunction');
  expect(policyOf(published({ method: 'POST', schemes: ['basic'] }), 'EnterpriseMock')).not.toContain(
    'lambda:InvokeFunction',
  );
});
