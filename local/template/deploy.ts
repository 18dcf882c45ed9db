import { resolve as resolvePath } from 'node:path';
import type { Engines } from '../engines.ts';
import { AwsError, DeployError, LocalError } from '../errors.ts';
import type { OnEvent } from '../events.ts';
import type { Log } from '../log.ts';
import type { StateFile } from '../state-file.ts';
import type { Stack } from './assembly.ts';
import { isCustom, resourceFor } from './check.ts';
import { type DeployedResource, type DeployState, isKept, keyOf } from './deploy-state.ts';
import { hasDynamicReference, resolveDynamicReferences } from './dynamic-references.ts';
import { resolveIntrinsics, type Scope } from './intrinsics.ts';
import { applyOrder } from './order.ts';
import type { PreviousResource, Resource, ResourceContext } from './resource.ts';
import { resourceName } from './resource-name.ts';
import { createStackScope, type Outputs, publishOutputs, type StackScope } from './stack-scope.ts';
import type { ResourceDeclaration } from './template.ts';

export interface Deployment {
  readonly stacks: readonly Stack[];
  readonly resources: ReadonlyMap<string, Resource>;
  readonly state: StateFile<DeployState>;
  readonly engines: Engines;
  readonly log: Log;
  readonly onEvent: OnEvent;
}

/** What one run of `deploy` carries along. */
interface Run extends Deployment {
  readonly previous: ReadonlyMap<string, DeployedResource>;
  readonly current: Map<string, DeployedResource>;
  /** What others have taken the place of; removed at the end, as CloudFormation does. */
  readonly replaced: DeployedResource[];
  /** Something applied is not in the state yet: what an engine keeps nothing of is applied at every start, so it waits for company. */
  unsaved: boolean;
}

/**
 * Brings the platform to what the stacks say and answers their outputs. A failure leaves what was done so far in the
 * state: the next start goes on from there (CloudFormation would roll back).
 */
export async function deploy(deployment: Deployment): Promise<Readonly<Record<string, Record<string, string>>>> {
  const before = deployment.state.read().resources;
  const run: Run = {
    ...deployment,
    previous: new Map(before.map((one) => [keyOf(one), one])),
    current: new Map(),
    replaced: [],
    unsaved: false,
  };
  const shared: Outputs = { exports: new Map(), outputs: new Map() };
  await rebuildGone(run);
  for (const stack of run.stacks) {
    const started = performance.now();
    run.onEvent({ kind: 'stack', stack: stack.name, state: 'applying' });
    const scope = createStackScope(stack, shared);
    try {
      await applyStack(stack, scope, run);
    } finally {
      if (run.unsaved) await save(run);
    }
    publishOutputs(stack, scope, shared);
    run.onEvent({ kind: 'stack', stack: stack.name, state: 'applied', milliseconds: performance.now() - started });
  }
  await removeGone(run);

  return Object.fromEntries([...shared.outputs].map(([name, outputs]) => [name, Object.fromEntries(outputs)]));
}

async function applyStack(stack: Stack, scope: StackScope, run: Run): Promise<void> {
  const declarations = stack.template.Resources ?? {};
  for (const logicalId of applyOrder(stack.name, declarations)) {
    const declaration = declarations[logicalId] as ResourceDeclaration;
    if (declaration.Condition !== undefined && !scope.condition(declaration.Condition)) continue;
    const resource = resourceFor(declaration.Type, run.resources);
    if (resource === undefined) {
      scope.inert(logicalId, resourceName(stack.name, logicalId));
      continue;
    }
    const deployed = await applyResource(stack, logicalId, declaration, { resource, scope, run });
    scope.applied(logicalId, deployed);
  }
}

async function applyResource(
  stack: Stack,
  logicalId: string,
  declaration: ResourceDeclaration,
  { resource, scope, run }: { resource: Resource; scope: Scope; run: Run },
): Promise<DeployedResource> {
  const started = performance.now();
  const where = { stack: stack.name, logicalId, type: declaration.Type };
  run.onEvent({ kind: 'resource', ...where, state: 'applying' });
  const recorded = run.previous.get(keyOf(where));
  const previous = recorded?.type === declaration.Type ? recorded : undefined;
  try {
    const properties = resolveIntrinsics(declaration.Properties ?? {}, scope) as Readonly<Record<string, unknown>>;
    const asset = assetDirectory(stack, declaration, properties);
    const target = {
      ...where,
      properties,
      metadata: declaration.Metadata ?? {},
      ...(asset === undefined ? {} : { assetDirectory: asset }),
    };
    const result = await resource.apply(contextOf(target, previous, run) as never);
    const deployed: DeployedResource = {
      ...target,
      ref: result.ref,
      attributes: result.attributes ?? {},
      deletionPolicy: declaration.DeletionPolicy ?? 'Delete',
      updateReplacePolicy: declaration.UpdateReplacePolicy ?? 'Delete',
    };
    if (recorded !== undefined && (previous === undefined || previous.ref !== result.ref)) run.replaced.push(recorded);
    run.current.set(keyOf(where), deployed);
    run.unsaved ||= JSON.stringify(recorded) !== JSON.stringify(deployed);
    if (run.unsaved && resource.rebuilt !== true) await save(run);
    run.onEvent({ kind: 'resource', ...where, state: 'applied', milliseconds: performance.now() - started });

    return deployed;
  } catch (error) {
    run.onEvent({ kind: 'resource', ...where, state: 'failed', milliseconds: performance.now() - started });
    throw new DeployError(where, reasonOf(error), error);
  }
}

/**
 * What left the template may still be needed for going: a custom resource is deleted by a function that may leave with
 * it. Engines that keep nothing on disk get those resources once more.
 */
async function rebuildGone(run: Run): Promise<void> {
  for (const gone of undeclared(run)) {
    const resource = resourceFor(gone.type, run.resources);
    if (resource?.rebuilt !== true) continue;
    try {
      await resource.apply(contextOf(gone, gone, run) as never);
    } catch (error) {
      run.log.warn('a resource that left the template cannot be rebuilt', {
        resource: keyOf(gone),
        reason: reasonOf(error),
      });
    }
  }
}

/** Last created, first removed. What cannot be removed is said, kept in the state, and tried again at the next start. */
async function removeGone(run: Run): Promise<void> {
  const leaving = [
    ...run.replaced.map((one) => ({ one, policy: one.updateReplacePolicy })),
    ...notApplied(run).map((one) => ({ one, policy: one.deletionPolicy })),
  ].reverse();
  const stuck: DeployedResource[] = [];
  for (const { one, policy } of leaving) {
    if (isKept(policy) || isTakenOver(one, run)) continue;
    const where = { stack: one.stack, logicalId: one.logicalId, type: one.type };
    run.onEvent({ kind: 'resource', ...where, state: 'removing' });
    try {
      await resourceFor(one.type, run.resources)?.remove?.(contextOf(one, one, run) as never);
      run.onEvent({ kind: 'resource', ...where, state: 'removed' });
    } catch (error) {
      if (!run.current.has(keyOf(one))) stuck.push(one);
      run.onEvent({ kind: 'warning', message: `${keyOf(one)} (${one.type}) could not be removed: ${reasonOf(error)}` });
    }
  }
  if (leaving.length > 0) await run.state.write({ resources: [...stuck, ...run.current.values()] });
}

/** Known before anything is applied. A resource whose condition has become false shows only at the end. */
function undeclared({ previous, stacks }: Run): readonly DeployedResource[] {
  const declared = new Set(
    stacks.flatMap(({ name, template }) =>
      Object.keys(template.Resources ?? {}).map((logicalId) => keyOf({ stack: name, logicalId })),
    ),
  );

  return [...previous.values()].filter((one) => !declared.has(keyOf(one)));
}

function notApplied({ previous, current }: Run): readonly DeployedResource[] {
  return [...previous.values()].filter((one) => !current.has(keyOf(one)));
}

/** A resource that moved to another logical id and kept its name is in use, not gone. */
function isTakenOver(one: DeployedResource, { current }: Run): boolean {
  return [...current.values()].some((other) => other.type === one.type && other.ref === one.ref);
}

/** Everything applied so far, and everything from before that its turn has not come for. */
async function save(run: Run): Promise<void> {
  run.unsaved = false;
  await run.state.write({ resources: [...run.current.values(), ...notApplied(run)] });
}

type Target = Pick<DeployedResource, 'stack' | 'logicalId' | 'type' | 'properties' | 'metadata' | 'assetDirectory'>;

function contextOf(target: Target, previous: DeployedResource | undefined, run: Run): ResourceContext {
  const { stack, logicalId, type, properties, metadata, assetDirectory: asset } = target;
  if (isCustom(type) && hasDynamicReference(properties)) {
    // As on AWS: a secret must not travel through a custom resource's event.
    throw new LocalError('dynamic references are not supported in custom resources');
  }
  return {
    stack,
    logicalId,
    type,
    properties: withSecrets(properties, run),
    metadata,
    ...(asset === undefined ? {} : { assetDirectory: asset }),
    ...(previous === undefined ? {} : { previous: previousOf(previous) }),
    name: (maximum) => resourceName(stack, logicalId, maximum),
    engines: run.engines,
    log: run.log,
  };
}

function previousOf({ properties, ref, attributes }: DeployedResource): PreviousResource {
  return { properties, ref, attributes };
}

function withSecrets(
  properties: Readonly<Record<string, unknown>>,
  { engines }: Run,
): Readonly<Record<string, unknown>> {
  if (!hasDynamicReference(properties)) return properties;

  return resolveDynamicReferences(properties, (id) => engines.secrets.find(id)?.secretString) as Readonly<
    Record<string, unknown>
  >;
}

/** By the S3 key the template names (what AWS would download); else by the path the CDK leaves in the metadata. */
function assetDirectory(
  stack: Stack,
  declaration: ResourceDeclaration,
  properties: Readonly<Record<string, unknown>>,
): string | undefined {
  const { S3Key } = (properties['Code'] ?? properties['Content'] ?? {}) as { S3Key?: unknown };
  const byKey = typeof S3Key === 'string' ? stack.assets.get(S3Key) : undefined;
  const path = declaration.Metadata?.['aws:asset:path'];

  return byKey ?? (typeof path === 'string' ? resolvePath(stack.directory, path) : undefined);
}

function reasonOf(error: unknown): string {
  if (error instanceof AwsError) return `${error.code}: ${error.message}`;

  return error instanceof Error ? error.message : String(error);
}
