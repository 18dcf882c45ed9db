import { expect, test } from '@jest/globals';
import { scripts, using } from './script-fixture.ts';

const { run } = scripts();
const ask = (body: string) => run(using([], body));

test('a HashMap is a map of Java and a plain object at once', async () => {
  expect(
    await ask(
      `var map = new java.util.HashMap(); var before = map.put('b', 1); map.put('a', 2); map.putAll({ c: 3 });
       var keys = []; for (var key in map) keys.push(key);
       var entries = map.entrySet(), seen = ''; for (var i = entries.iterator(); i.hasNext();) { var e = i.next(); seen += e.getKey() + e.getValue(); }
       return [before, map.put('b', 4), map.size(), map.get('zz'), map.getOrDefault('zz', 0), map.containsKey('a'), map.containsValue(3), map.b, keys, seen,
         map.keySet().size(), map.values(), map.remove('b'), map.toString(), map.isEmpty(), map]`,
    ),
  ).toEqual([
    ...[null, 1, 3, null, 0, true, true, 4, ['b', 'a', 'c'], 'b1a2c3', 3, [4, 2, 3], 4, '{a=2, c=3}', false],
    { a: 2, c: 3 },
  ]);
});

test('an ArrayList is a list of Java and an array at once', async () => {
  expect(
    await ask(
      `var list = new java.util.ArrayList(); list.add('a'); list.add('c'); list.add(1, 'b'); list.addAll(['d']);
       var copy = new java.util.ArrayList(list); copy.remove(0); copy.remove('c');
       return [list.size(), list.get(1), list[2], list.contains('d'), list.indexOf('c'), list.set(0, 'x'), list, copy, list.subList(1, 3), Array.isArray(list),
         refusal(function () { list.get(9) }), java.util.Arrays.asList(1, 2).size(), list.toString()]`,
    ),
  ).toEqual([
    ...[4, 'b', 'c', true, 2, 'a', ['x', 'b', 'c', 'd'], ['b', 'd'], ['b', 'c'], true],
    ...['Index: 9, Size: 4', 2, '[x, b, c, d]'],
  ]);
});

test('texts have the methods of Java, and an expression is one where Java says so', async () => {
  expect(
    await ask(
      `['abc'.equals('abc'), 'abc'.equals(new java.lang.String('abc')), 'ABC'.equalsIgnoreCase('abc'), 'abc'.compareTo('abd'), 'abc'.contains('b'), ''.isEmpty(),
        'é'.getBytes(), 'é'.getBytes('ISO-8859-1'), 'hello'.hashCode(), 'a1b22'.replaceAll('[0-9]+', '<$0>'), 'a.b.c'.replaceAll('\\\\.', '\\\\$'),
        'a1b2'.replaceFirst('\\\\d', '-'), 'x12'.matches('x\\\\d+'), 'x12y'.matches('x\\\\d+'), 'aXa'.replaceAll(/a/g, 'b')]`,
    ),
  ).toEqual([
    ...[
      true,
      true,
      true,
      -1,
      true,
      true,
      [-61, -87],
      [-23],
      99162322,
      'a<1>b<22>',
      'a$b$c',
      'a-b2',
      true,
      false,
      'bXb',
    ],
  ]);
});

test('java.lang: texts of bytes, formats, numbers, builders', async () => {
  expect(
    await ask(
      `var text = new java.lang.String([-28, -72, -106], 'UTF-8'); var builder = new java.lang.StringBuilder('a').append(1).append('c').insert(0, '>');
       return [text, text + '!', text.length, java.lang.String.valueOf(7), java.lang.String.format('%05d|%-4s|%.2f|%x|%%|%,d', 42, 'ab', 1.005 + 1, 255, 1234567),
         java.lang.Integer.parseInt('-12'), java.lang.Integer.parseInt('ff', 16), java.lang.Long.valueOf('12'), java.lang.Double.parseDouble('1.5'), java.lang.Boolean.parseBoolean('TRUE'),
         refusal(function () { java.lang.Integer.parseInt('12x') }), builder.toString(), builder.reverse().toString(), builder.length(), java.lang.Math.max(1, 2),
         Math.abs(java.lang.System.currentTimeMillis() - Date.now()) < 1000]`,
    ),
  ).toEqual([
    ...['世', '世!', 1, '7', '00042|ab  |2.00|ff|%|1,234,567', -12, 255, 12, 1.5, true],
    ...['NumberFormatException: For input string: "12x"', '>a1c', 'c1a>', 4, 2, true],
  ]);
});

test('what is caught has the methods of what Java throws', async () => {
  const body = `try { new java.lang.String('x').get.it } catch (error) { var own = error }
    try { throw new java.lang.RuntimeException('mine') } catch (error) { return [typeof own.getMessage(), error.getMessage(), String(error), error instanceof Error] }`;

  expect(await ask(body)).toEqual(['string', 'mine', 'Exception: mine', true]);
});

test('UUIDs are random and of version 4; base64 of Java; forms of Java', async () => {
  const [one, two, ...rest] = (await ask(
    `[java.util.UUID.randomUUID().toString(), java.util.UUID.randomUUID() + '', java.util.Base64.getEncoder().encodeToString('世?'.getBytes()),
      java.util.Base64.getUrlEncoder().withoutPadding().encodeToString([-5, -16]), new java.lang.String(java.util.Base64.getDecoder().decode('Zm9v')),
      java.net.URLEncoder.encode('a b&世', 'UTF-8'), java.net.URLDecoder.decode('a+b%26', 'UTF-8'), java.nio.charset.StandardCharsets.UTF_8]`,
  )) as string[];

  expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(two).not.toBe(one);
  expect(rest).toEqual(['5LiWPw==', '-_A', 'foo', 'a+b%26%E4%B8%96', 'a b&', 'UTF-8']);
});

test('dates: formats and zones, there and back', async () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  expect(
    await ask(
      `var at = new java.util.Date(${at}); var format = new java.text.SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSSXXX"); var utc = format.format(at);
       format.setTimeZone(java.util.TimeZone.getTimeZone('GMT+8')); var china = format.format(at);
       var names = new java.text.SimpleDateFormat('EEE, d MMM yy hh:mm a Z'); names.setTimeZone(java.util.TimeZone.getTimeZone('America/New_York'));
       var local = new java.text.SimpleDateFormat('yyyyMMddHHmmss'); local.setTimeZone(java.util.TimeZone.getTimeZone('Europe/Zurich'));
       return [utc, china, names.format(at), format.parse(china).getTime(), local.parse('20260702030405').getTime(), at.before(new java.util.Date()) !== at.after(new java.util.Date()),
         at.toString(), JSON.stringify(at), new java.util.Date(at).equals(at), refusal(function () { local.parse('soon') })]`,
    ),
  ).toEqual([
    ...['2026-01-02T03:04:05.006Z', '2026-01-02T11:04:05.006+08:00', 'Thu, 1 Jan 26 10:04 PM -0500', at],
    ...[Date.UTC(2026, 6, 2, 1, 4, 5), true, 'Fri Jan 02 03:04:05 UTC 2026', String(at), true],
    'SimpleDateFormat.parse: received "soon"; allowed: yyyyMMddHHmmss',
  ]);
});

test.each([
  [`java.util.TimeZone.getTimeZone('Mars/Olympus')`, 'TimeZone.getTimeZone: received "Mars/Olympus"'],
  [`java.util.UUID.fromString('x')`, 'UUID.fromString: received "x"; allowed: a UUID'],
  [`java.lang.Double.parseDouble('')`, 'NumberFormatException'],
  [`Java.type('java.io.File')`, 'there is no class java.io.File'],
  [`importPackage(java.io)`, 'importPackage: there is no such package'],
  [`new JavaImporter(java.net.http)`, 'importPackage: there is no such package'],
])('%s is refused', async (call, message) => {
  expect(await ask(`refusal(function () { ${call} })`)).toContain(message);
});

test('classes come by importPackage, JavaImporter and Java.type too', async () => {
  expect(
    await ask(
      `importPackage(com.roma.apic.livedata.common.v1, java.util); var imported = new JavaImporter(java.lang, com.roma.apic.livedata.common.v1);
       with (imported) { var inside = Md5Utils.encode('abc') + Integer.parseInt('1') }
       var List = Java.type('java.util.ArrayList'); var bytes = new (Java.type('byte[]'))(2);
       return [Base64Utils.encode('f'), new HashMap().size(), inside, new List().size(), bytes, Java.from(new List([1])), Java.to([1, 2], 'java.lang.Integer[]').length,
         Packages.java.lang.Integer.MAX_VALUE]`,
    ),
  ).toEqual(['Zg==', 0, '900150983cd24fb0d6963f7d28e17f721', 0, [0, 0], [1], 2, 2147483647]);
});
