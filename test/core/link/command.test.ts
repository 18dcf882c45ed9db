import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, property as holds, record } from 'fast-check';
import { checkParameters, commandNamed, isListening, responseProblem } from '../../../core/link/command.ts';
import { checkThingModel, property, service } from '../../../core/link/thing-model.ts';
import { presenceOf } from './command-store.ts';

const MODEL = checkThingModel('test', {
  Barrier: service({
    properties: { open: property.boolean() },
    commands: {
      open: {
        parameters: {
          seconds: property.integer({ min: 1, max: 60 }),
          lane: property.string({ enum: ['A', 'B'], access: 'read', required: false }),
        },
        response: { opened: property.boolean() },
      },
    },
  }),
  Old: service({ enabled: false, commands: { reset: { parameters: {} } } }),
  Plain: { level: property.integer() },
});
const PARAMETERS = commandNamed(MODEL, { product: 'Gate', service: 'Barrier', command: 'open' }).parameters;

describe('a command that is not in the thing model is refused with those there are', () => {
  test.each([
    ['Barier', 'open', 'has no service "Barier" in its thing model; it has: Barrier, Old, Plain'],
    ['Barrier', 'close', 'has no command "close"; it has: open'],
    ['Plain', 'open', 'has no command "open"; it has: none'],
    ['Old', 'reset', 'The service Old of the product Gate is off'],
    ['constructor', 'open', 'has no service "constructor"'],
    ['Barrier', 'toString', 'has no command "toString"'],
  ])('%s %s', (name, command, words) => {
    expect(() => commandNamed(MODEL, { product: 'Gate', service: name, command })).toThrow(words);
  });
});

describe('parameters are checked before anything is sent, each with its path, what came and the rule', () => {
  test.each([
    [{}, '$.seconds (required): received missing, allowed a whole number'],
    [{ seconds: 'soon' }, '$.seconds (type): received "soon", allowed a whole number'],
    [{ seconds: 61 }, '$.seconds (max): received 61'],
    [{ seconds: 5, lane: 'C' }, '$.lane (enum): received "C"'],
    [{ seconds: 5, speed: 3 }, '$.speed is no parameter; allowed: seconds, lane'],
    [[], '$ (object): received a list of 0, allowed a JSON object'],
    [null, '$ (object): received null'],
    [7, '$ (object): received 7'],
  ])('%j', (params, words) => {
    expect(() => checkParameters(PARAMETERS, params)).toThrow(words);
  });

  test('what keeps the rules is taken, also a parameter that devices are only told', () => {
    expect(() => checkParameters(PARAMETERS, { seconds: 5, lane: 'A' })).not.toThrow();
    expect(() => checkParameters({ code: property.string({ access: 'write' }) }, {})).toThrow('$.code (required)');
    expect(() => checkParameters({}, {})).not.toThrow();
  });
});

test('an answer is held to what the model says of it, where it says something', () => {
  const rules = { opened: property.boolean() };

  expect(responseProblem(rules, { opened: true, at: 5 })).toBeUndefined();
  expect(responseProblem(rules, { opened: 'yes' })).toBe('$.opened (type): received "yes", allowed true or false');
  expect(responseProblem(rules, undefined)).toContain('$');
  expect(responseProblem({}, undefined)).toBeUndefined();
});

describe('whether a device listens', () => {
  test.each([
    ['it has subscribed in the connection it has', 'one', presenceOf(true), true],
    ['it has subscribed, and its connection is over', 'one', presenceOf(false), false],
    ['it has subscribed, and nothing is known of a connection yet', 'one', undefined, true],
    ['it has connected anew and not subscribed yet', 'zero', presenceOf(true), false],
  ] as const)('%s', (_, session, presence, expected) => {
    const at = presence === undefined || session === 'one' ? 0 : presence.at - 1;

    expect(isListening({ listening: { session, at }, ...(presence && { presence }) })).toBe(expected);
  });

  test('a subscription that is known before its connection counts, whatever came before', () => {
    const before = presenceOf(false, 'zero');

    expect(isListening({ listening: { session: 'one', at: before.at + 1 }, presence: before })).toBe(true);
    expect(isListening({ presence: before })).toBe(false);
  });
});

test('whatever is sent as parameters, only objects of declared members that keep the rules pass', () => {
  const values = constantFrom(0, 1, 60, 61, 1.5, '1', true, null, [], {});
  assert(
    holds(
      record({ seconds: values, lane: constantFrom('A', 'B', 'C', 1) }),
      array(constantFrom('x', 'y')),
      (known, more) => {
        const params = { ...known, ...Object.fromEntries(more.map((name) => [name, 1])) };
        const good =
          more.length === 0 &&
          (known.seconds === 1 || known.seconds === 60) &&
          (known.lane === 'A' || known.lane === 'B');
        const check = () => checkParameters(PARAMETERS, params);

        good ? expect(check).not.toThrow() : expect(check).toThrow('params: $');
      },
    ),
  );
});
