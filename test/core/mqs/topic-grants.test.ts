import { expect, test } from '@jest/globals';
import { grantTopic, revokeTopic, type TopicGrantPorts, topicGrants } from '../../../core/mqs/topic-grants.ts';
import {
  allows,
  joined,
  TOPIC_PERMISSIONS,
  type TopicPermission,
  without,
} from '../../../core/mqs/topic-permission.ts';

const TOPIC = { topic: 'Events', owner: 'Owner', permission: 'publish+subscribe' } as const;

function world(stack?: TopicPermission) {
  const given = new Map<string, TopicPermission>();
  const ports: TopicGrantPorts = {
    isApp: async (app) => app === 'City',
    declared: async () => stack,
    given: async (_topic, app) => given.get(app),
    give: async (_topic, app, permission) => void given.set(app, permission),
    takeBack: async (_topic, app) => void given.delete(app),
  };

  return { given, ports };
}

test('grants add up, and are taken back one right at a time', async () => {
  const { ports, given } = world();
  await grantTopic(ports, TOPIC, 'City', 'publish');

  expect(await grantTopic(ports, TOPIC, 'City', 'subscribe')).toEqual({
    ...{ topic: 'Events', app: 'City', permission: 'publish+subscribe', stack: null, runTime: 'publish+subscribe' },
  });
  expect(await revokeTopic(ports, 'Events', 'City', 'publish')).toMatchObject({ permission: 'subscribe' });
  expect(await revokeTopic(ports, 'Events', 'City')).toMatchObject({ permission: null });
  expect(given.size).toBe(0);
});

test('what a stack grants is left when what was given at run time is taken back', async () => {
  const { ports } = world('subscribe');
  await grantTopic(ports, TOPIC, 'City', 'publish');

  expect(await revokeTopic(ports, 'Events', 'City')).toMatchObject({ permission: 'subscribe', stack: 'subscribe' });
  await expect(revokeTopic(ports, 'Events', 'City')).rejects.toMatchObject({ code: 'CAUSEWAY.0412' });
});

test.each([
  ['the owner', TOPIC, 'Owner', 'publish', 'CAUSEWAY.0412'],
  ['an app that is not there', TOPIC, 'Nobody', 'publish', 'CAUSEWAY.0404'],
  ['what the topic lets nobody do', { ...TOPIC, permission: 'subscribe' }, 'City', 'publish', 'CAUSEWAY.0412'],
] as const)('%s is not granted', async (_, topic, app, permission, code) => {
  const { ports, given } = world();

  await expect(grantTopic(ports, topic, app, permission)).rejects.toMatchObject({ code });
  expect(given.size).toBe(0);
});

test('what nobody gave cannot be taken back', async () => {
  await expect(revokeTopic(world().ports, 'Events', 'City')).rejects.toMatchObject({ code: 'CAUSEWAY.0404' });
});

test('the list has each app once, with what stacks and operators gave it', () => {
  const items = [
    { app: 'Two', by: 'run-time', permission: 'publish' },
    { app: 'One', by: 'stack', permission: 'subscribe' },
    { app: 'Two', by: 'stack', permission: 'subscribe' },
  ] as const;

  expect(topicGrants('Events', items)).toEqual([
    { topic: 'Events', app: 'One', permission: 'subscribe', stack: 'subscribe', runTime: null },
    { topic: 'Events', app: 'Two', permission: 'publish+subscribe', stack: 'subscribe', runTime: 'publish' },
  ]);
});

test('a permission holds itself and its parts, and what is joined or taken away follows', () => {
  for (const one of TOPIC_PERMISSIONS) {
    expect(allows('publish+subscribe', one)).toBe(true);
    expect(allows(undefined, one)).toBe(false);
    expect(joined(one, undefined)).toBe(one);
    expect(without(one, one)).toBeUndefined();
    expect(without('publish+subscribe', one)).toBe(
      { publish: 'subscribe', subscribe: 'publish', 'publish+subscribe': undefined }[one],
    );
  }
  expect(allows('publish', 'subscribe')).toBe(false);
  expect(allows('publish', 'publish+subscribe')).toBe(false);
});
