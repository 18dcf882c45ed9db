import { expect, test } from '@jest/globals';
import type { Api } from '../../../cli/management-client.ts';
import { filledPath, findApi, findTarget, groupUrl } from '../../../cli/platform/find-api.ts';
import type { LocalFile } from '../../../cli/platform/local-file.ts';
import { FREE, SPACE } from '../samples.ts';

const PUT = { ...SPACE, name: 'Parking/SetSpace', method: 'PUT' };
const OTHER = { ...FREE, name: 'City/Free', group: 'City' };
const APIS = [FREE, SPACE, PUT, OTHER] as unknown as Api[];

test.each([
  ['Parking/Free', 'Parking/Free'],
  ['Space', 'Parking/Space'],
])('%s is %s', (name, found) => {
  expect(findApi(APIS, name).name).toBe(found);
});

test('a name of several groups must say which', () => {
  expect(() => findApi(APIS, 'Free')).toThrow('Free is in several groups: Parking/Free, City/Free.');
});

test.each([
  ['/parking/free', undefined, 'Parking/Free'],
  ['/parking/free/', undefined, 'Parking/Free'],
  ['/parking/spaces/S-001', undefined, 'Parking/Space'],
  ['/parking/spaces/S-001', 'put', 'Parking/SetSpace'],
  ['/parking/spaces', undefined, undefined],
  ['/Parking/Free', undefined, undefined],
])('the path %s with method %s is %s', (path, method, found) => {
  expect(findTarget(APIS, 'Parking', path, method).api?.name).toBe(found);
});

test('an unknown group names the known ones', () => {
  expect(() => findTarget(APIS, 'Gates', '/x')).toThrow('There are: Parking, City.');
});

test('the address of a group is the local one here and the gateway’s in the cloud', () => {
  const local = { apis: { Parking: { url: 'http://127.0.0.1:8080/Parking' } } } as unknown as LocalFile;

  expect(groupUrl(APIS, 'Parking', local)).toBe('http://127.0.0.1:8080/Parking');
  expect(groupUrl(APIS, 'Parking', undefined)).toBe('https://abc.execute-api.us-east-1.amazonaws.com/RELEASE');
  expect(() => groupUrl(APIS, 'City', local)).toThrow('The address of API group City is not known');
});

test('values of a path are encoded, missing ones are named', () => {
  expect(
    filledPath(
      '/spaces/{id}/{at}',
      new Map([
        ['id', 'a/b c'],
        ['at', 'ü'],
      ]),
    ),
  ).toBe('/spaces/a%2Fb%20c/%C3%BC');
  expect(() => filledPath('/spaces/{id}/{at}', new Map([['id', 'x']]))).toThrow('needs --path at=VALUE');
});
