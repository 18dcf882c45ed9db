import type { Engines } from '../engines.ts';
import type { Log } from '../log.ts';

/** What a resource became: its `Ref`, and what `Fn::GetAtt` finds (nested names with dots: `Endpoint.Address`). */
export interface Applied {
  readonly ref: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** What stood in the state when this start began. */
export interface PreviousResource<P = Readonly<Record<string, unknown>>> extends Applied {
  readonly properties: P;
}

export interface ResourceContext<P = Readonly<Record<string, unknown>>> {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** Every intrinsic and dynamic reference resolved. On `remove`: as they last were. */
  readonly properties: P;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The folder of the resource's asset (`Metadata aws:asset:path` or the asset manifest), absolute. */
  readonly assetDirectory?: string;
  readonly previous?: PreviousResource<P>;
  /**
   * The name for a resource that was given none: `<stack>-<logicalId>-<12 characters>`, the same on every start.
   * @param maximum characters AWS allows; the readable part is cut, never the suffix
   */
  name(maximum?: number): string;
  readonly engines: Engines;
  readonly log: Log;
}

export interface ResourceActions<P> {
  /** Its engine keeps nothing on disk: what left the template is applied once more before the removal that may need it. */
  readonly rebuilt?: boolean;
  /** Create, update and re-attach in one; runs on every start, in dependency order, and must be idempotent. */
  apply(context: ResourceContext<P>): Promise<Applied> | Applied;
  /** For a resource that left the template or was replaced (its `ref` changed). Absent: nothing to undo. */
  remove?(context: ResourceContext<P>): Promise<void> | void;
}

/** How one CloudFormation type is run. */
export interface Resource extends ResourceActions<never> {
  readonly type: string;
}

/**
 * Declares how a CloudFormation type is run; one file per type in `local/resources/`.
 * @param type the CloudFormation type; `Custom::*` stands for every custom resource
 */
export function resource<P>(type: string, actions: ResourceActions<P>): Resource {
  return { type, ...actions } as Resource;
}
