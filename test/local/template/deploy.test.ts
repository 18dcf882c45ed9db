import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Engines } from '../../../local/engines.ts';
import type { RuntimeEvent } from '../../../local/events.ts';
import type { Log } from '../../../local/log.ts';
import { stateFile } from '../../../local/state-file.ts';
import { loadAssembly } from '../../../local/template/assembly.ts';
import { deploy } from '../../../local/template/deploy.ts';
import { EMPTY_STATE } from '../../../local/template/deploy-state.ts';
import { type Resource, type ResourceContext, resource } from '../../../local/template/resource.ts';
import { temporaryFolder, type WrittenStack, writeAssembly } from './assembly-folder.ts';

const quiet: Log = { info: () => {}, warn: () => {}, error: () => {}, line: () => {} };
const engines = {
  secrets: { find: (id: string) => (id === 'db' ? { secretString: '{"password":"hidden"}' } : undefined) },
} as unknown as Engines;

interface ThingProperties {
  readonly Name?: string;
  readonly Fails?: boolean;
  readonly [name: string]: unknown;
}

/** A deployment over one state folder, of a type `Test::Thing` that remembers what was asked of it. */
function thingDeployment() {
  const state = temporaryFolder();
  const calls: string[] = [];
  const contexts = new Map<string, ResourceContext<ThingProperties>>();
  const thing = (type: string, rebuilt: boolean): Resource =>
    resource<ThingProperties>(type, {
      rebuilt,
      apply(context) {
        contexts.set(context.logicalId, context);
        if (context.properties.Fails === true) throw new TypeError('it does not like the properties');
        const ref = context.properties.Name ?? context.name();
        calls.push(`apply ${context.logicalId}${context.previous === undefined ? '' : ' again'}`);

        return { ref, attributes: { Arn: `arn:${ref}` } };
      },
      remove: ({ logicalId, previous }) => {
        calls.push(`remove ${logicalId} ${previous?.ref}`);
      },
    });
  const resources = new Map(
    [thing('Test::Thing', false), thing('Test::Rebuilt', true), thing('Custom::*', false)].map((one) => [
      one.type,
      one,
    ]),
  );

  return {
    state,
    contexts,
    events: [] as RuntimeEvent[],
    async run(stacks: Readonly<Record<string, WrittenStack>>) {
      calls.length = 0;
      const outputs = await deploy({
        stacks: loadAssembly(writeAssembly(stacks)),
        resources,
        state: stateFile(join(state, 'resources.json'), EMPTY_STATE),
        engines,
        log: quiet,
        onEvent: (event) => this.events.push(event),
      });

      return { calls: [...calls], outputs };
    },
    stateText: () => readFileSync(join(state, 'resources.json'), 'utf8'),
  };
}

const one = (resources: unknown, outputs?: unknown): Record<string, WrittenStack> => ({
  S: { template: { Resources: resources, Outputs: outputs } },
});

test('a stack sees what the resources before it became, and another stack its exports', async () => {
  const deployment = thingDeployment();

  const { calls, outputs } = await deployment.run({
    User: {
      dependencies: ['Maker'],
      template: {
        Resources: { B: { Type: 'Test::Thing', Properties: { Name: { 'Fn::ImportValue': 'Maker:A' } } } },
        Outputs: { Both: { Value: { 'Fn::Join': ['+', [{ Ref: 'B' }, { 'Fn::GetAtt': ['B', 'Arn'] }]] } } },
      },
    },
    Maker: {
      template: {
        Resources: { A: { Type: 'Test::Thing', Properties: { Name: 'first' } } },
        Outputs: { A: { Value: { 'Fn::GetAtt': ['A', 'Arn'] }, Export: { Name: 'Maker:A' } } },
      },
    },
  });

  expect(calls).toEqual(['apply A', 'apply B']);
  expect(outputs).toEqual({ Maker: { A: 'arn:first' }, User: { Both: 'arn:first+arn:arn:first' } });
});

test('a second start applies everything again with what stood before', async () => {
  const deployment = thingDeployment();
  await deployment.run(one({ A: { Type: 'Test::Thing', Properties: { Size: 1 } } }));

  const { calls } = await deployment.run(one({ A: { Type: 'Test::Thing', Properties: { Size: 2 } } }));

  expect(calls).toEqual(['apply A again']);
  expect(deployment.contexts.get('A')?.previous?.properties).toEqual({ Size: 1 });
});

test('what left the template is removed last, last created first; RETAIN and SNAPSHOT stay', async () => {
  const deployment = thingDeployment();
  await deployment.run(
    one({
      A: { Type: 'Test::Thing' },
      B: { Type: 'Test::Thing', DependsOn: 'A' },
      Kept: { Type: 'Test::Thing', DeletionPolicy: 'Retain' },
      Snapped: { Type: 'Test::Thing', DeletionPolicy: 'Snapshot' },
    }),
  );

  const { calls } = await deployment.run(one({ C: { Type: 'Test::Thing' } }));

  expect(calls).toEqual([
    'apply C',
    expect.stringMatching(/^remove B S-B-[A-Z0-9]{12}$/),
    expect.stringMatching(/^remove A S-A-[A-Z0-9]{12}$/),
  ]);
  expect(JSON.parse(deployment.stateText()).resources).toHaveLength(1);
});

test('a resource whose condition became false is removed, and its dependants are not applied with it', async () => {
  const deployment = thingDeployment();
  const stack = (flag: string): Record<string, WrittenStack> => ({
    S: {
      template: {
        Parameters: { Flag: { Type: 'String', Default: flag } },
        Conditions: {
          On: { 'Fn::And': [{ 'Fn::Equals': [{ Ref: 'Flag' }, 'yes'] }, { 'Fn::Not': [{ Condition: 'Off' }] }] },
          Off: { 'Fn::Equals': [1, 2] },
        },
        Resources: { A: { Type: 'Test::Thing', Condition: 'On', Properties: { Name: 'a' } } },
        Outputs: { A: { Condition: 'On', Value: { Ref: 'A' } } },
      },
    },
  });

  expect(await deployment.run(stack('yes'))).toEqual({ calls: ['apply A'], outputs: { S: { A: 'a' } } });
  expect(await deployment.run(stack('no'))).toEqual({ calls: ['remove A a'], outputs: { S: {} } });
});

test('a resource that got another ref takes the place of the old one, which is removed at the end', async () => {
  const deployment = thingDeployment();
  const named = (name: string) =>
    one({ A: { Type: 'Test::Thing', Properties: { Name: name } }, Z: { Type: 'Test::Thing' } });
  await deployment.run(named('old'));

  expect((await deployment.run(named('new'))).calls).toEqual(['apply A again', 'apply Z again', 'remove A old']);
});

test('a resource that only moved to another logical id is not removed', async () => {
  const deployment = thingDeployment();
  await deployment.run(one({ A: { Type: 'Test::Thing', Properties: { Name: 'same' } } }));

  expect((await deployment.run(one({ B: { Type: 'Test::Thing', Properties: { Name: 'same' } } }))).calls).toEqual([
    'apply B',
  ]);
});

test('an engine without a memory gets what left the template once more before it goes', async () => {
  const deployment = thingDeployment();
  await deployment.run(one({ Gone: { Type: 'Test::Rebuilt', Properties: { Name: 'gone' } } }));

  const { calls } = await deployment.run(one({ A: { Type: 'Test::Thing' } }));

  expect(calls).toEqual(['apply Gone again', 'apply A', 'remove Gone gone']);
});

test('a failure names stack, logical id, type and reason; the next start goes on from there', async () => {
  const deployment = thingDeployment();
  const stack = (fails: boolean) =>
    one({ A: { Type: 'Test::Thing' }, B: { Type: 'Test::Thing', DependsOn: 'A', Properties: { Fails: fails } } });

  await expect(deployment.run(stack(true))).rejects.toThrow('S/B (Test::Thing): it does not like the properties');
  expect((await deployment.run(stack(false))).calls).toEqual(['apply A again', 'apply B']);
});

test('a secret reaches the resource and is kept in no file', async () => {
  const deployment = thingDeployment();
  const password = '{{resolve:secretsmanager:db:SecretString:password::}}';

  await deployment.run(one({ A: { Type: 'Test::Thing', Properties: { Password: password } } }));

  expect(deployment.contexts.get('A')?.properties).toEqual({ Password: 'hidden' });
  expect(deployment.stateText()).not.toContain('hidden');
});

test('a secret in a custom resource is refused, as on AWS', async () => {
  const custom = { Type: 'Custom::Thing', Properties: { Password: '{{resolve:secretsmanager:db}}' } };

  await expect(thingDeployment().run(one({ A: custom }))).rejects.toThrow(
    'S/A (Custom::Thing): dynamic references are not supported in custom resources',
  );
});

test('whatever is asked of an inert resource has a value', async () => {
  const { outputs } = await thingDeployment().run(
    one(
      { Topic: { Type: 'AWS::SNS::Topic' }, Vpc: { Type: 'AWS::EC2::VPC' } },
      { A: { Value: { 'Fn::Sub': '${Topic.TopicArn} ${Vpc.CidrBlock}' } } },
    ),
  );

  expect(outputs['S']?.['A']).toMatch(/^arn:aws:local:us-east-1:000000000000:inert\/S-Topic-\w+ S-Vpc-\w+-CidrBlock$/);
});

test('events tell what is applied, removed and failed', async () => {
  const deployment = thingDeployment();
  await deployment.run(one({ A: { Type: 'Test::Thing' } }));
  await deployment.run(one({}));

  expect(deployment.events.map((event) => ('state' in event ? `${event.kind} ${event.state}` : event.kind))).toEqual([
    'stack applying',
    'resource applying',
    'resource applied',
    'stack applied',
    'stack applying',
    'stack applied',
    'resource removing',
    'resource removed',
  ]);
});
