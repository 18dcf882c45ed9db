import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Annotations, Template } from 'aws-cdk-lib/assertions';
import type { IConstruct } from 'constructs';
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

/** Platforms by their settings. They know no integration, so that one does for all tests of a file: making one takes a fifth of a second. */
const platforms = new Map<string, PlatformStack>();
/** What is in its app while a stack is looked at: every sandbox is alone with its platform. */
const contents = new WeakMap<Stack, Children>();
const templates = new WeakMap<Stack, { readonly size: number; readonly template: Template }>();

type Children = Record<string, IConstruct>;

/** What the CDK keeps to itself. */
interface Inside {
  _children: Children;
  /** None: the next synthesis is a first one. */
  constructPathsCache: Set<string>;
}

/** A platform and an integration with one app, to put a construct into. */
export function sandbox(
  settings: EnvironmentSettings = {},
  props: Pick<PlatformStackProps, 'database' | 'gateways' | 'deviceEvents'> = {},
): Sandbox {
  const platform = platformWith(settings, props);
  const app = platform.node.root as App;
  const children = { [platform.node.id]: platform };
  inside(app, children);
  const stack = new Integration(app, 'Lot', { platform });
  contents.set(stack, children);

  return { app, platform, stack, owner: new IntegrationApp(stack, 'Owner') };
}

function platformWith(
  settings: EnvironmentSettings,
  props: Pick<PlatformStackProps, 'database' | 'gateways' | 'deviceEvents'>,
): PlatformStack {
  const key = JSON.stringify([settings, props]);
  const known = platforms.get(key);
  if (known !== undefined) {
    return known;
  }
  const platform = new PlatformStack(testApp(), 'Platform', { environment: Environment.of(settings), ...props });
  platforms.set(key, platform);

  return platform;
}

function inside(app: App, children: Children): void {
  (app.node as unknown as Inside)._children = children;
  (app as unknown as Inside).constructPathsCache = new Set();
}

/** Does something with a synthesized stack. A platform whose integration is looked at counts as empty: it alone would take half a second. */
function synthesized<T>(stack: Stack, look: (stack: Stack) => T): T {
  const children = contents.get(stack);
  if (!(stack instanceof Integration) || children === undefined) {
    return look(stack);
  }
  const { node } = stack.platform;
  inside(stack.node.root as App, children);
  Object.defineProperty(node, 'children', { configurable: true, get: () => [] });
  try {
    return look(stack);
  } finally {
    Reflect.deleteProperty(node, 'children');
  }
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

/** Synthesized again only when something was added: the CDK refuses to look a second time then. */
export function templateOf(stack: Stack): Template {
  const size = stack.node.findAll().length;
  const known = templates.get(stack);
  if (known?.size === size) {
    return known.template;
  }
  const template = synthesized(stack, Template.fromStack);
  templates.set(stack, { size, template });

  return template;
}

export function annotationsOf(stack: Stack): Annotations {
  return synthesized(stack, Annotations.fromStack);
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
  return templateOf(stack).findResources(type) as Record<string, TemplateResource>;
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
