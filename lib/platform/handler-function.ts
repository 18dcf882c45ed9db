import { Duration, Stack } from 'aws-cdk-lib';
import { type IGrantable, type IPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Allowance, statementFor } from './allowance.ts';
import type { Environment } from './environment.ts';
import { HandlerCode, type HandlerFiles, type HandlerParts } from './handler-code.ts';
import { checkName, checkWhole } from './setting.ts';

export interface HandlerFunctionProps {
  readonly environment: Environment;
  /** The handler's file below `functions/`, without its ending: `apic/data-api`. */
  readonly entry: string;
  /**
   * The path of a module whose default export the entry runs.
   * @default - the entry's own `handler`
   */
  readonly module?: string;
  /** One sentence for the Lambda console. */
  readonly description: string;
  /**
   * Environment variables, beside `CAUSEWAY_ENVIRONMENT`.
   * @default - none
   */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * Files beside the code, for what is known at synthesis and does not fit into the 4 KB of the environment.
   * @default - none
   */
  readonly files?: HandlerFiles;
  /**
   * More code beside the handler's, loaded when it is needed.
   * @default - none
   */
  readonly parts?: HandlerParts;
  /**
   * MB, 128 to 10,240; a full core comes with 1,769.
   * @default 512
   */
  readonly memory?: number;
  /**
   * How long one invocation may take, 1 s to 15 min.
   * @default Duration.seconds(29), the gateway's own limit
   */
  readonly timeout?: Duration;
}

/** One of our handlers as a Lambda function: its own role that may do nothing but log, its own log group, arm64, Node 24. */
export class HandlerFunction extends Construct implements IGrantable {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: HandlerFunctionProps) {
    super(scope, id);
    const { environment } = props;
    const timeout = props.timeout ?? Duration.seconds(29);
    const memorySize = props.memory ?? 512;
    checkName(this, 'entry', props.entry, /^[a-z]+\/[a-z0-9-]+$/, '`<area>/<name>` of a file below functions/');
    checkWhole(this, 'memory', memorySize, { min: 128, max: 10_240, unit: 'MB' });
    checkWhole(this, 'timeout', timeout.toSeconds(), { min: 1, max: 900, unit: 'seconds' });

    this.logGroup = new LogGroup(this, 'Logs', {
      retention: environment.logRetention,
      removalPolicy: environment.dataRemoval,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.grantPrincipal = this.role;
    this.logGroup.grantWrite(this.role);
    this.function = new LambdaFunction(this, 'Function', {
      code: new HandlerCode(props.entry, props.files ?? {}, props.parts, props.module),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      description: props.description,
      environment: { CAUSEWAY_ENVIRONMENT: environment.name, ...props.variables },
      memorySize,
      timeout,
      role: this.role,
      logGroup: this.logGroup,
    });
  }

  get arn(): string {
    return this.function.functionArn;
  }

  /** Sets a variable; the value may be known only at deployment. */
  variable(name: string, value: string): this {
    this.function.addEnvironment(name, value);

    return this;
  }

  /** Gives its role a right. */
  allow(
    actions: readonly string[],
    resources: readonly string[],
    options: Pick<Allowance, 'conditions' | 'because'> = {},
  ): this {
    this.role.addToPolicy(statementFor(this.role, { actions, resources, ...options }));

    return this;
  }

  /** Lets a service call the function, for one source only: anyone may create a rule or an API that names it. */
  allowInvocation(id: string, service: string, sourceArn: string): this {
    this.function.addPermission(id, {
      principal: new ServicePrincipal(service),
      sourceArn,
      sourceAccount: Stack.of(this).account,
    });

    return this;
  }
}
