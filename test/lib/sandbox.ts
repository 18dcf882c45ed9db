import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { cdkContext } from '../../bin/integration.ts';
import { IntegrationApp } from '../../lib/apic/integration-app.ts';
import type { ITable } from '../../lib/fdi/migrations.ts';
import { Migrations } from '../../lib/fdi/migrations.ts';
import { Product } from '../../lib/link/product.ts';
import { Topic } from '../../lib/mqs/topic.ts';
import { Environment, type EnvironmentSettings } from '../../lib/platform/environment.ts';
import { Integration } from '../../lib/platform/integration.ts';
import { PlatformStack, type PlatformStackProps } from '../../lib/platform/platform-stack.ts';

/** An app as `cdk synth` would make it, without what takes seconds: bundles are empty, the validator is off. */
export function testApp(): App {
  return new App({
    context: { ...cdkContext(), 'aws:cdk:bundling-stacks': [] },
    analyticsReporting: false,
    treeMetadata: false,
    stackTraces: false,
    builtinCloudFormationValidation: false,
  });
}

export interface Sandbox {
  readonly app: App;
  readonly platform: PlatformStack;
  readonly stack: Integration;
  readonly owner: IntegrationApp;
}

/** A platform and an integration with one app, to put a construct into. */
export function sandbox(
  settings: EnvironmentSettings = {},
  props: Pick<PlatformStackProps, 'database' | 'gateways' | 'deviceEvents'> = {},
): Sandbox {
  const app = testApp();
  const platform = new PlatformStack(app, 'Platform', { environment: Environment.of(settings), ...props });
  const stack = new Integration(app, 'Lot', { platform });

  return { app, platform, stack, owner: new IntegrationApp(stack, 'Owner') };
}

export function sensorOf({ stack, owner }: Sandbox): Product {
  return new Product(stack, 'Sensor', { app: owner, manufacturer: { id: 'acme', name: 'Acme' }, model: 'S1' });
}

export function topicOf({ stack, owner }: Sandbox): Topic {
  return new Topic(stack, 'Events', { app: owner });
}

export function tableOf({ stack }: Sandbox, name = 'Spaces'): ITable {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-sql-'));
  writeFileSync(join(folder, '001-tables.sql'), `CREATE TABLE ${name} (Id INT PRIMARY KEY);`);

  return new Migrations(stack, `Tables${name}`, { folder }).table(name);
}

export function templateOf(stack: Stack): Template {
  return Template.fromStack(stack);
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** The resources of one type, by logical id. */
export function resourcesOf(stack: Stack, type: string): Readonly<Record<string, TemplateResource>> {
  return Template.fromStack(stack).findResources(type) as Record<string, TemplateResource>;
}

/** The only resource of a type. */
export function onlyResource(stack: Stack, type: string): TemplateResource {
  const [resource, second] = Object.values(resourcesOf(stack, type));
  if (resource === undefined || second !== undefined) {
    throw new RangeError(`${stack.stackName} has not exactly one ${type}`);
  }

  return resource;
}

/** The only resource of a type whose logical id begins so. */
export function resourceNamed(stack: Stack, type: string, start: string): TemplateResource {
  const [found, second] = Object.entries(resourcesOf(stack, type)).filter(([id]) => id.startsWith(start));
  if (found === undefined || second !== undefined) {
    throw new RangeError(`${stack.stackName} has not exactly one ${type} ${start}…`);
  }

  return found[1];
}

/** The folder of a function's asset. */
export function assetOf(stack: Stack, start: string): string {
  const { Metadata } = resourceNamed(stack, 'AWS::Lambda::Function', start);

  return join((stack.node.root as App).outdir, String(Metadata?.['aws:asset:path']));
}

/** What a function reads at its start. */
export function definitionsOf<T>(stack: Stack, start: string): T {
  return JSON.parse(readFileSync(join(assetOf(stack, start), 'definitions.json'), 'utf8'));
}
