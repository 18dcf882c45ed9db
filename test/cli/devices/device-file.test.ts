import { expect, test } from '@jest/globals';
import { parseDeviceFile } from '../../../cli/devices/device-file.ts';

test('columns stand in any order, an empty cell says nothing, tags are separated by semicolons', () => {
  const text = 'tags,device,enabled,name\nfloor=2;east,S-1,false,Deck 2\n,S-2,,\n';

  expect(parseDeviceFile(text, 'csv')).toEqual([
    { line: 2, device: { device: 'S-1', tags: ['floor=2', 'east'], enabled: false, name: 'Deck 2' } },
    { line: 3, device: { device: 'S-2' } },
  ]);
});

test('JSON lines say the same with the same names', () => {
  const text = '{"device":"S-1","tags":["floor=2"],"enabled":false}\n\n{"device":"S-2","password":"Passw0rd-x"}';

  expect(parseDeviceFile(text, 'jsonl')).toEqual([
    { line: 1, device: { device: 'S-1', tags: ['floor=2'], enabled: false } },
    { line: 3, device: { device: 'S-2', password: 'Passw0rd-x' } },
  ]);
});

test('what an export adds has no meaning and is left out', () => {
  expect(parseDeviceFile('product,device,state,clientId\nP,S-1,online,d1\n', 'csv')).toEqual([
    { line: 2, device: { device: 'S-1' } },
  ]);
  expect(parseDeviceFile('{"device":"S-1","state":"online","since":null}', 'jsonl')).toEqual([
    { line: 1, device: { device: 'S-1' } },
  ]);
});

test.each([
  ['a physical id that cannot be', 'S/1,,', 'physical id: received "S/1"'],
  ['a weak password', 'S-1,weak,', 'password: it has 4 characters'],
  ['a switch that is neither', 'S-1,,maybe', 'enabled: boolean expected'],
  ['no physical id', ',,true', 'device: string expected'],
  ['a field too many', 'S-1,,true,x', '4 fields instead of 3'],
])('%s is the line’s own problem', (_, line, problem) => {
  const parsed = parseDeviceFile(`device,password,enabled\nS-0,,\n${line}\nS-9,,\n`, 'csv');

  expect(parsed).toEqual([
    { line: 2, device: { device: 'S-0' } },
    expect.objectContaining({ line: 3, problem: expect.stringContaining(problem) }),
    { line: 4, device: { device: 'S-9' } },
  ]);
});

test.each([
  ['{"device":"S-1","colour":"red"}', 'colour: not known here; allowed: device, name'],
  ['["S-1"]', 'not a JSON object'],
  ['{"device":', 'not a JSON object'],
  ['{"device":7}', 'device: string expected'],
])('the line %s is refused: %s', (line, problem) => {
  expect(parseDeviceFile(line, 'jsonl')).toMatchObject([{ line: 1, problem: expect.stringContaining(problem) }]);
});

test('a physical id counts once', () => {
  expect(parseDeviceFile('device\nS-1\nS-2\nS-1\n', 'csv')[2]).toEqual({
    line: 4,
    name: 'S-1',
    problem: 'S-1 stands on line 2 already; a physical id counts once',
  });
});

test.each(['name\nx\n', 'device,colour\nS-1,red\n', 'device,device\nS-1,S-1\n', ''])(
  'a heading that names no device column, or one that is not known, is refused: %j',
  (text) => {
    expect(() => parseDeviceFile(text, 'csv')).toThrow('The first line names the columns');
  },
);
