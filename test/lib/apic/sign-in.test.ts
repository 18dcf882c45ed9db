import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import type { ApiDefinition, ApiDefinitions, AppScheme } from '../../../core/apic/api-definition.ts';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { MockApi, type MockApiProps } from '../../../lib/apic/mock-api.ts';
import { annotationsOf, definitionsOf, resourcesOf, type Sandbox, sandbox } from '../sandbox.ts';

type Rules = Partial<MockApiProps>;

/** A group of APIs with these rules, by name. */
function group({ stack, owner }: Sandbox, id: string, apis: Readonly<Record<string, Rules>>): ApiGroup {
  const own = new ApiGroup(stack, id);
  for (const [name, rules] of Object.entries(apis)) {
    new MockApi(stack, name, { group: own, app: owner, path: `/${name}`, ...rules });
  }

  return own;
}

/** The documents of the policies whose logical id begins so, as text. */
function policiesOf({ stack }: Sandbox, start: string): string {
  const policies = { ...resourcesOf(stack, 'AWS::IAM::Policy'), ...resourcesOf(stack, 'AWS::IAM::ManagedPolicy') };
  const found = Object.entries(policies).filter(([id]) => id.startsWith(start));

  return JSON.stringify(found.map(([, { Properties }]) => Properties['PolicyDocument']));
}

function functionsOf({ stack }: Sandbox) {
  return Object.values(resourcesOf(stack, 'AWS::Lambda::Function')).map(({ Properties }) => Properties);
}

describe('a stack of groups', () => {
  let box: Sandbox;
  let definitions: Readonly<Record<string, ApiDefinition>>;

  beforeAll(() => {
    box = sandbox();
    group(box, 'Enterprise', {
      Plain: {},
      WithCode: { appCode: true },
      Several: { schemes: ['basic', 'appCode'] },
      Said: { unsignedPayload: true, replayDefence: false, explain: false },
      Open: { auth: 'none' },
      Bodies: { method: 'POST' },
    });
    group(box, 'Careful', { Strict: { unsignedPayload: false, replayDefence: true, explain: true } });
    group(box, 'Simple', { Basic: { schemes: ['basic'], method: 'POST' } });
    const { apis } = definitionsOf<ApiDefinitions>(box.stack, 'EnterpriseAuthorize');
    const { apis: careful } = definitionsOf<ApiDefinitions>(box.stack, 'CarefulAuthorize');
    definitions = Object.fromEntries([...apis, ...careful].map((api) => [api.name, api]));
  });

  test('an API takes signatures, and where it says so AppCodes', () => {
    expect(definitions['Plain']).toMatchObject({ auth: 'app', appCode: false });
    expect(definitions['Plain']).not.toHaveProperty('schemes');
    expect(definitions['WithCode']).toMatchObject({ appCode: true });
  });

  test('what it says of schemes, bodies, replays and explanations is in its definition', () => {
    expect(definitions['Several']).toMatchObject({ schemes: ['basic', 'appCode'], appCode: true });
    expect(definitions['Strict']).toMatchObject({ unsignedPayload: false, replayDefence: true, explain: true });
    expect(Object.keys(definitions['Said'] ?? {})).toEqual(Object.keys(definitions['Plain'] ?? {}));
  });

  test('the catalogue lists the schemes', () => {
    const text = JSON.stringify(resourcesOf(box.stack, 'Custom::CausewayCatalog'));

    expect(text).toContain(String.raw`\"schemes\":[\"signature\",\"appCode\"]`);
    expect(text).toContain(String.raw`\"schemes\":[\"basic\",\"appCode\"]`);
    // Of every API that asks apps who they are, and not of the one that anyone may call.
    expect(text.match(/\\"schemes\\":\[\\"(signature|basic)/g)).toHaveLength(7);
  });

  test('only where signatures are good for one call are they remembered', () => {
    expect(policiesOf(box, 'CarefulAuthorize')).toContain('"dynamodb:PutItem"');
    expect(policiesOf(box, 'EnterpriseAuthorize')).not.toContain('dynamodb:PutItem');
    // Of a GET the authorizer knows everything that is signed.
    expect(policiesOf(box, 'AllowverifySignature')).toBe('[]');
    expect(functionsOf(box).filter((one) => JSON.stringify(one['Environment']).includes('NONCE_TABLE'))).toMatchObject([
      { Description: 'Decides about each call (Careful)' },
    ]);
  });

  test('only where refusals are explained is there a function that does it, and it is said', () => {
    const explaining = functionsOf(box).filter((one) => String(one['Description']).startsWith('Says why'));
    const asking = functionsOf(box).filter((one) => JSON.stringify(one['Environment']).includes('EXPLAIN_FUNCTION'));

    expect(explaining).toMatchObject([{ Description: expect.stringContaining('(Careful)') }]);
    expect(asking).toMatchObject([{ Description: expect.stringContaining('Answers fixed texts') }]);
    annotationsOf(box.stack).hasInfo('/Lot/Strict', Match.stringLikeRegexp('not for APIs strangers call'));
  });

  test('a signature over a body is checked only where signatures are taken', () => {
    expect(policiesOf(box, 'EnterpriseMock')).toContain('lambda:InvokeFunction');
    expect(policiesOf(box, 'SimpleMock')).not.toContain('lambda:InvokeFunction');
  });
});

test('who judges signatures over bodies remembers them too, and nobody who answers does', () => {
  const box = sandbox();
  group(box, 'Enterprise', { Order: { method: 'POST', replayDefence: true } });

  expect(policiesOf(box, 'EnterpriseAuthorize')).toContain('"dynamodb:PutItem"');
  expect(policiesOf(box, 'AllowverifySignature')).toContain('"dynamodb:PutItem"');
  expect(policiesOf(box, 'EnterpriseMock')).not.toContain('dynamodb');
});

describe('rules that contradict themselves', () => {
  const box = sandbox();
  const own = group(box, 'Enterprise', {});
  let count = 0;

  test.each<[string, Rules, string]>([
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
  ])('%s is refused: %j', (setting, rules, allowed) => {
    count += 1;
    const id = `Orders${count}`;

    expect(() => new MockApi(box.stack, id, { group: own, app: box.owner, path: `/${id}`, ...rules })).toThrow(
      new RegExp(`Lot/${id}: ${setting}: received .*${allowed}`),
    );
  });
});
