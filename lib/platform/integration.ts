import { AspectPriority, Aspects, CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct, IDependable } from 'constructs';
import { type Allowance, statementFor } from './allowance.ts';
import { Catalog } from './catalog.ts';
import type { Database } from './database.ts';
import type { Environment } from './environment.ts';
import { IdleCost } from './idle-cost.ts';
import { outputId } from './names.ts';
import type { PlatformRole, PlatformStack } from './platform-stack.ts';
import { invalid } from './setting.ts';

export interface IntegrationProps extends StackProps {
  /** The platform it runs on. */
  readonly platform: PlatformStack;
}

/** One integration: a stack of our constructs. All of them find their platform through it. */
export class Integration extends Stack {
  readonly platform: PlatformStack;
  readonly #policies = new Map<PlatformRole, ManagedPolicy>();
  readonly #given = new Set<string>();
  #catalog: Catalog | undefined;

  constructor(scope: Construct, id: string, props: IntegrationProps) {
    const { platform, ...stackProps } = props;
    super(scope, id, { stackName: `${platform.settings.prefix}${id}`, ...stackProps });
    this.platform = platform;
    Aspects.of(this).add(new IdleCost(0), { priority: AspectPriority.READONLY });
    for (const [key, value] of Object.entries(platform.settings.tags)) {
      Tags.of(this).add(key, value);
    }
  }

  /** The integration a construct belongs to. @throws InvalidSetting when it stands in another kind of stack */
  static override of(construct: IConstruct): Integration {
    const stack = Stack.of(construct);
    if (!(stack instanceof Integration)) {
      throw invalid(construct, 'scope', stack.node.path, 'a place in an Integration stack');
    }
    return stack;
  }

  get settings(): Environment {
    return this.platform.settings;
  }

  get catalog(): Catalog {
    this.#catalog ??= new Catalog(this, 'Catalog', this.platform.providers.catalog);

    return this.#catalog;
  }

  /** The database. @throws InvalidSetting when the platform was made without one */
  databaseFor(construct: Construct): Database {
    const { database } = this.platform;
    if (database === undefined) {
      throw invalid(construct, 'platform', 'database: false', 'a platform with a database');
    }
    return database;
  }

  /**
   * Gives a function of the platform a right on resources of this integration: a policy of ours on its role, one per role, gone with the
   * stack. Whatever makes the function use it has to wait for the answer.
   */
  allow(role: PlatformRole, allowance: Allowance): IDependable {
    const policy = this.#policies.get(role) ?? this.#policy(role);
    const right = `${role} ${JSON.stringify(allowance)}`;
    if (!this.#given.has(right)) {
      // Two tasks of one topic ask for the same.
      this.#given.add(right);
      policy.addStatements(statementFor(policy, allowance));
    }

    return policy;
  }

  /** Says in an output where a secret lies that people need; on one machine its value is in `local.json`. */
  showSecret(name: string, secret: Pick<ISecret, 'secretArn'>): void {
    new CfnOutput(this, `Output-Secret-${name}`, {
      value: this.toJsonString({ name, secret: secret.secretArn }),
    }).overrideLogicalId(outputId('Secret', name));
  }

  #policy(role: PlatformRole): ManagedPolicy {
    const policy = new ManagedPolicy(this, `Allow-${role}`, {
      description: `What ${this.stackName} lets the platform do: ${role}`,
      roles: [this.platform.functionOf(role).role],
    });
    this.#policies.set(role, policy);

    return policy;
  }
}
