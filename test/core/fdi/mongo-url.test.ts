import { expect, test } from '@jest/globals';
import { parseMongoUrl, verifiedMongo } from '../../../core/fdi/mongo-url.ts';

test('members, database, login and what the connection is to be', () => {
  const url =
    'mongodb://us%40er:p%3Aw@a.example.com,b.example.com:27018/shop?replicaSet=rs0&tls=true&authSource=users&connectTimeoutMS=500&w=1';

  expect(parseMongoUrl(url)).toEqual({
    hosts: [
      { host: 'a.example.com', port: 27017 },
      { host: 'b.example.com', port: 27018 },
    ],
    ...{ isSrv: false, database: 'shop', user: 'us@er', password: 'p:w', tls: 'verify-identity', authSource: 'users' },
    ...{ replicaSet: 'rs0', connectMs: 500 },
  });
});

test.each([
  ['mongodb://h/d', 'disabled'],
  ['mongodb+srv://cluster.example.com/d', 'verify-identity'],
  ['mongodb+srv://cluster.example.com/d?tls=false', 'disabled'],
  ['mongodb://h/d?ssl=true', 'verify-identity'],
  ['mongodb://h/d?tls=true&tlsAllowInvalidHostnames=true', 'verify-ca'],
  ['mongodb://h/d?tls=true&tlsInsecure=true', 'required'],
  ['mongodb://[::1]:27017/d', 'disabled'],
])('%s is encrypted as it says: %s', (url, tls) => {
  expect(parseMongoUrl(url).tls).toBe(tls);
});

test('with an authority of its own it is verified, whatever the URL says but that nothing is encrypted', () => {
  const verified = (url: string) => verifiedMongo(parseMongoUrl(url), url).tls;

  expect(verified('mongodb://h/d')).toBe('verify-identity');
  expect(verified('mongodb://h/d?tls=true&tlsInsecure=true')).toBe('verify-identity');
  expect(verified('mongodb://h/d?tls=true&tlsAllowInvalidHostnames=true')).toBe('verify-ca');
  expect(() => verified('mongodb://h/d?tls=false')).toThrow('url: tls');
});

test.each([
  ['mysql://h/d', 'url'],
  ['mongodb://h', 'a database behind the hosts'],
  ['mongodb://h:0/d', 'url: host'],
  ['mongodb+srv://a,b/d', 'one name without a port'],
  ['mongodb+srv://a:27017/d', 'one name without a port'],
  ['mongodb://h/d?authMechanism=MONGODB-AWS', 'url: authMechanism'],
  ['mongodb://h/d?connectTimeoutMS=soon', 'url: connecttimeoutms'],
])('%s is refused: %s', (url, why) => {
  expect(() => parseMongoUrl(url)).toThrow(why);
});

test('no message holds a password', () => {
  expect(() => parseMongoUrl('mongodb://me:sesame@h')).toThrow(/^(?!.*sesame)/);
});
