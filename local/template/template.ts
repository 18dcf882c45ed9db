/** A CloudFormation template, as far as the runtime reads it. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, ParameterDeclaration>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources?: Readonly<Record<string, ResourceDeclaration>>;
  readonly Outputs?: Readonly<Record<string, OutputDeclaration>>;
  readonly [section: string]: unknown;
}

interface ParameterDeclaration {
  readonly Type: string;
  readonly Default?: unknown;
}

export interface ResourceDeclaration {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly DeletionPolicy?: RemovalPolicy;
  readonly UpdateReplacePolicy?: RemovalPolicy;
}

interface OutputDeclaration {
  readonly Value: unknown;
  readonly Condition?: string;
  readonly Export?: { readonly Name: unknown };
}

export type RemovalPolicy = 'Delete' | 'Retain' | 'RetainExceptOnCreate' | 'Snapshot';
