import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { invalid } from './setting.ts';

/** One right, as a statement of a policy will have it. */
export interface Allowance {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Why a resource is a pattern and not one thing. Needed where one holds `*`: security rules ask for it. */
  readonly because?: string;
}

/**
 * The statement of a right, its patterns accepted on the construct whose policy will hold it.
 *
 * @throws InvalidSetting when a resource holds `*` and nobody says why
 */
export function statementFor(holder: IConstruct, allowance: Allowance): PolicyStatement {
  const { actions, resources, conditions, because } = allowance;
  const patterns = resources
    .map((resource) => flat(Stack.of(holder).resolve(resource)))
    .filter((text) => text.includes('*'));
  if (patterns.length > 0 && because === undefined) {
    throw invalid(
      holder,
      `because (${actions.join(', ')})`,
      because,
      `a reason for the pattern ${patterns.join(', ')}`,
    );
  }
  acknowledge(
    holder,
    Object.fromEntries(patterns.map((pattern) => [`AwsSolutions-IAM5[Resource::${pattern}]`, because as string])),
  );

  return new PolicyStatement({
    effect: Effect.ALLOW,
    actions: [...actions],
    resources: [...resources],
    ...(conditions && { conditions: { ...conditions } }),
  });
}

/** A resource as cdk-nag spells it: references in angle brackets, imports by their name. */
function flat(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const { Ref, ...functions } = value as Readonly<Record<string, unknown>>;
  if (Ref !== undefined) {
    return `<${Ref}>`;
  }
  if ('Fn::Join' in functions) {
    const [delimiter, parts] = functions['Fn::Join'] as [string, unknown[]];

    return parts.map(flat).join(delimiter);
  }
  if ('Fn::GetAtt' in functions) {
    return `<${(functions['Fn::GetAtt'] as string[]).join('.')}>`;
  }
  return flat(functions['Fn::ImportValue'] ?? JSON.stringify(value));
}
