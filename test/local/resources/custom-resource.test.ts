import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createAnswerDesk } from '../../../local/aws/answer-desk.ts';
import type { Engines, Invocation } from '../../../local/engines.ts';
import type { Log } from '../../../local/log.ts';
import { customResource } from '../../../local/resources/custom-resource.ts';
import type { Applied, ResourceContext } from '../../../local/template/resource.ts';

type Event = Readonly<Record<string, unknown>> & { readonly ResponseURL: string };
type Provider = (event: Event) => Promise<Invocation>;

const quiet: Log = { info: () => {}, warn: () => {}, error: () => {}, line: () => {} };
const DONE: Invocation = { payload: null };
const desk = createAnswerDesk();
let server: Server;
let events: Event[];
let provider: Provider;

beforeEach(async () => {
  events = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    desk.accept({
      method: request.method ?? '',
      path: request.url ?? '',
      query: new URLSearchParams(),
      headers: {},
      body: Buffer.concat(chunks),
    });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function answer(event: Event, body: unknown): Promise<Invocation> {
  await fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify(body) });

  return DONE;
}

function context(properties: unknown, previous?: Partial<ResourceContext['previous']>): never {
  const { port } = server.address() as { port: number };
  const engines = {
    aws: { expectAnswer: () => desk.expect(`http://127.0.0.1:${port}`) },
    lambda: {
      invoke: (target: string, event: Event) => {
        events.push({ target, ...event });

        return provider(event);
      },
    },
  } as unknown as Engines;

  return {
    stack: 'S',
    logicalId: 'Devices',
    type: 'Custom::Devices',
    properties,
    metadata: {},
    ...(previous === undefined ? {} : { previous }),
    name: () => 'S-Devices-ABC',
    engines,
    log: quiet,
  } as never;
}

const apply = (properties: unknown, previous?: Partial<ResourceContext['previous']>) =>
  customResource.apply(context(properties, previous)) as Promise<Applied>;
const PROPERTIES = { ServiceToken: 'arn:fn', Size: 3, On: true, Nested: { List: [1, false, 'x'] } };

test('creation sends the properties as text and takes ref and attributes from the answer', async () => {
  provider = (event) => answer(event, { Status: 'SUCCESS', PhysicalResourceId: 'p-1', Data: { Arn: 'arn:x' } });

  expect(await apply(PROPERTIES)).toEqual({ ref: 'p-1', attributes: { Arn: 'arn:x' } });
  expect(events).toEqual([
    {
      target: 'arn:fn',
      RequestType: 'Create',
      ServiceToken: 'arn:fn',
      ResponseURL: expect.stringMatching(/\/_cloudformation\/[0-9a-f]{48}$/),
      StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/S/local',
      RequestId: expect.any(String),
      LogicalResourceId: 'Devices',
      ResourceType: 'Custom::Devices',
      ResourceProperties: { ServiceToken: 'arn:fn', Size: '3', On: 'true', Nested: { List: ['1', 'false', 'x'] } },
    },
  ]);
});

test('the function is asked again only when a property changed, and then with the old ones too', async () => {
  provider = (event) => answer(event, { Status: 'SUCCESS' });
  const previous = { ref: 'p-1', properties: PROPERTIES, attributes: { Arn: 'arn:x' } };

  expect(await apply({ ...PROPERTIES }, previous)).toMatchObject({ ref: 'p-1', attributes: { Arn: 'arn:x' } });
  expect(events).toEqual([]);
  expect(await apply({ ...PROPERTIES, Size: 4 }, previous)).toEqual({ ref: 'p-1', attributes: {} });
  expect(events).toMatchObject([
    {
      RequestType: 'Update',
      PhysicalResourceId: 'p-1',
      OldResourceProperties: { Size: '3' },
      ResourceProperties: { Size: '4' },
    },
  ]);
});

test('removal sends Delete for the physical id', async () => {
  provider = (event) => answer(event, { Status: 'SUCCESS' });

  await customResource.remove?.(context(PROPERTIES, { ref: 'p-1', properties: PROPERTIES }));

  expect(events).toMatchObject([{ RequestType: 'Delete', PhysicalResourceId: 'p-1' }]);
});

test('a creation that failed is undone and tells the reason', async () => {
  provider = (event) =>
    answer(event, {
      Status: event['RequestType'] === 'Create' ? 'FAILED' : 'SUCCESS',
      Reason: 'no such product',
      PhysicalResourceId: 'half',
    });

  await expect(apply(PROPERTIES)).rejects.toThrow('Create failed: no such product');
  expect(events).toMatchObject([{ RequestType: 'Create' }, { RequestType: 'Delete', PhysicalResourceId: 'half' }]);
});

test('a function that fails instead of answering is the reason', async () => {
  provider = async () => ({ payload: { errorType: 'Error', errorMessage: 'boom' }, functionError: 'Unhandled' });

  await expect(apply(PROPERTIES)).rejects.toThrow('{"errorType":"Error","errorMessage":"boom"}');
});

test('an answer that does not come within ServiceTimeout is a failure', async () => {
  provider = () => new Promise(() => {});

  await expect(apply({ ...PROPERTIES, ServiceTimeout: '0.05' })).rejects.toThrow(
    'no answer within 0.05 s (ServiceTimeout)',
  );
});
