import { expect, test } from '@jest/globals';
import { appGrants, type GrantableApi, type GrantPorts, grantApi, revokeApi } from '../../../core/apic/app-grants.ts';

const api = (name: string) => ({ group: 'Parking', api: name, stage: 'RELEASE' });
const FREE = api('free');
const PLATES = api('plates');

/** `City` is granted `free` by a stack; everything else is given at run time. */
function world(given: GrantableApi[] = []) {
  const state = { given: [...given] };
  const is = (one: GrantableApi) => (other: GrantableApi) => one.api === other.api && one.stage === other.stage;
  const ports: GrantPorts = {
    apis: async () => [
      { ...FREE, owner: 'Owner', auth: 'app' },
      { ...PLATES, owner: 'Owner', auth: 'app' },
      { ...api('own'), owner: 'City', auth: 'app' },
      { ...api('open'), owner: 'Owner', auth: 'none' },
    ],
    isDeclared: async (app, one) => app === 'City' && is(one)(FREE),
    given: async () => state.given,
    give: async (_, one) => void state.given.push(one),
    takeBack: async (_, one) => {
      state.given = state.given.filter((other) => !is(one)(other));
    },
  };

  return { state, ports };
}

test('what an app may call says who gave it: a stack, an operator, or both', async () => {
  const { ports } = world([PLATES, FREE]);

  expect(await appGrants(ports, 'City')).toEqual([
    { ...FREE, by: ['stack', 'run-time'] },
    { ...PLATES, by: ['run-time'] },
  ]);
});

test('a grant for an API that is gone is shown: it would count again if the API came back', async () => {
  const { ports } = world([api('gone')]);

  expect(await appGrants(ports, 'City')).toContainEqual({ ...api('gone'), by: ['run-time'] });
});

test('a grant is given and taken back, and no other with it', async () => {
  const { state, ports } = world([api('gone')]);

  expect(await grantApi(ports, 'City', PLATES)).toEqual({ ...PLATES, by: ['run-time'] });
  expect(await revokeApi(ports, 'City', PLATES)).toEqual({ ...PLATES, by: [] });
  expect(state.given).toEqual([api('gone')]);
});

test('what a stack declares is not taken back at run time, and what was given beside it is', async () => {
  const { state, ports } = world([FREE]);

  expect(await revokeApi(ports, 'City', FREE)).toEqual({ ...FREE, by: ['stack'] });
  expect(state.given).toEqual([]);
  await expect(revokeApi(ports, 'City', FREE)).rejects.toMatchObject({
    code: 'CAUSEWAY.0412',
    message: expect.stringContaining('remove the grantTo from the stack'),
  });
});

test.each([
  ['an API there is not', api('nothing'), 'CAUSEWAY.0404', 'There is no API Parking/nothing.'],
  ['another stage', { ...FREE, stage: 'TEST' }, 'CAUSEWAY.0404', 'not published in TEST, only in RELEASE'],
  ['its own API', api('own'), 'CAUSEWAY.0412', 'owns Parking/own'],
  ['an open API', api('open'), 'CAUSEWAY.0412', 'Anyone may call Parking/open'],
])('%s cannot be granted', async (_, wanted, code, message) => {
  const { state, ports } = world();

  await expect(grantApi(ports, 'City', wanted)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
  expect(state.given).toEqual([]);
});

test('a grant that nobody gave cannot be revoked', async () => {
  await expect(revokeApi(world().ports, 'City', PLATES)).rejects.toMatchObject({ code: 'CAUSEWAY.0404' });
});
