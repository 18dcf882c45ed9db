import { expect, test } from '@jest/globals';
import { checkThingModel, property, service, type ThingProperty } from '../../../core/link/thing-model.ts';

const model = (given: ThingProperty, name = 'status') =>
  checkThingModel('Parking/Sensor', { Status: { [name]: given } });

test('a property is required, may be read and written, and has no limits unless it says so', () => {
  expect(property.string()).toEqual({ type: 'string', required: true, access: 'read-write', description: '' });
});

test('a service may be given by its properties alone', () => {
  const deviceId = property.string({ maxLength: 64 });

  expect(checkThingModel('Parking/Sensor', { ParkingStatus: { deviceId } })).toEqual({
    ParkingStatus: { kind: 'service', enabled: true, description: '', properties: { deviceId }, commands: {} },
  });
});

test('a service may be spelled out, with commands, and be off', () => {
  const open = { parameters: { seconds: property.integer({ min: 1, max: 60 }) } };
  const gate = service({ enabled: false, description: 'the barrier', commands: { open } });

  expect(checkThingModel('Parking/Gate', { Gate: gate })).toEqual({
    Gate: { kind: 'service', enabled: false, description: 'the barrier', properties: {}, commands: { open } },
  });
});

test('a property may be called kind without turning its service into something else', () => {
  const kind = property.string();

  expect(checkThingModel('at', { Vehicle: { kind } })['Vehicle']?.properties).toEqual({ kind });
});

test.each([
  property.string({ maxLength: 16, enum: ['0', '1'] }),
  property.string({ maxLength: 131_072 }),
  property.integer({ min: -1, max: 1, step: 1, enum: [-1, 0, 1], unit: '°C' }),
  property.number({ min: 0.5, max: 0.5, step: 0.1, enum: [0.5] }),
  property.boolean({ required: false, access: 'read' }),
  property.datetime({ maxLength: 15 }),
  property.json({ maxLength: 1 }),
  property.array({ description: 'x'.repeat(200) }),
])('the property %j is accepted', (given) => {
  expect(model(given)['Status']?.properties['status']).toEqual(given);
});

test.each([
  [property.string({ maxLength: 0 }), 'maxLength: received 0'],
  [property.string({ maxLength: 1.5 }), 'maxLength: received 1.5'],
  [property.string({ maxLength: 131_073 }), 'maxLength'],
  [property.string({ enum: [] }), 'enum'],
  [property.string({ enum: ['0', '0'] }), 'each only once'],
  [property.string({ maxLength: 2, enum: ['abc'] }), 'enum: received "abc"'],
  [{ ...property.string(), enum: [1] }, 'enum: received 1'],
  [property.integer({ min: 0.5 }), 'min: received 0.5'],
  [property.integer({ min: 2, max: 1 }), 'max: received 1; allowed: a number not below min, 2'],
  [property.integer({ enum: [1.5] }), 'enum: received 1.5'],
  [property.number({ max: Number.POSITIVE_INFINITY }), 'max'],
  [property.number({ max: 1, enum: [2] }), 'enum: received 2'],
  [property.number({ step: 0 }), 'step: received 0'],
  [{ ...property.boolean(), enum: ['true'] }, 'enum'],
  [property.array({ description: 'x'.repeat(201) }), 'description'],
  [{ ...property.string(), type: 'text' as 'string' }, 'type: received "text"'],
  [{ ...property.string(), access: 'none' as 'read' }, 'access: received "none"'],
])('the property %j is refused: %s', (given, reason) => {
  expect(() => model(given)).toThrow(reason);
});

test.each(['s', '1st', 'sta tus', 'x'.repeat(51), 'état'])('%j is not the name of a property', (name) => {
  expect(() => model(property.string(), name)).toThrow(`Parking/Sensor: service Status: property ${name}`);
});

test.each(['S', '1st', 'x'.repeat(65)])('%j is not the name of a service', (name) => {
  expect(() => checkThingModel('at', { [name]: {} })).toThrow(`at: service ${name}`);
});

test('names of the greatest length are accepted', () => {
  const name = 'x'.repeat(50);

  expect(() => checkThingModel('at', { ['x'.repeat(64)]: { [name]: property.string() } })).not.toThrow();
});

test.each([
  [{ o: { parameters: {} } }, 'command o'],
  [{ open: { parameters: { s: property.string() } } }, 'property s'],
  [{ open: { parameters: {}, description: 'x'.repeat(201) } }, 'description'],
])('the commands %j are refused for %s', (commands, reason) => {
  expect(() => checkThingModel('at', { Gate: service({ commands }) })).toThrow(reason);
});
