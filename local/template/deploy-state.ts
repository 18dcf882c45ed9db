import type { RemovalPolicy } from './template.ts';

/** One resource as it stands, in `<state>/resources.json`. */
export interface DeployedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly ref: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Intrinsics resolved, dynamic references not: no secret is kept here. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly assetDirectory?: string;
  readonly deletionPolicy: RemovalPolicy;
  readonly updateReplacePolicy: RemovalPolicy;
}

export interface DeployState {
  /** In the order they were applied: removal goes the other way. */
  readonly resources: readonly DeployedResource[];
}

export const EMPTY_STATE: DeployState = { resources: [] };

export function keyOf({ stack, logicalId }: { readonly stack: string; readonly logicalId: string }): string {
  return `${stack}/${logicalId}`;
}

/** A snapshot of a thing on this disk is the thing itself: it stays, and is taken up again when the template has it back. */
export function isKept(policy: RemovalPolicy): boolean {
  return policy !== 'Delete';
}
