import { createHash } from 'node:crypto';
import { Annotations, Aws, Duration, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { checkExpressions } from '../../core/fdi/expression.ts';
import { type AfterRun, checkScheduledTask, type ScheduledTask as Definition } from '../../core/fdi/run-definition.ts';
import { destinationText, isUndone } from '../../core/fdi/run-destination.ts';
import { followSeconds, schedulerExpression, scheduleText, type TaskSchedule } from '../../core/fdi/run-schedule.ts';
import type { ColumnMapping } from '../../core/fdi/topic-task.ts';
import { runningPrice } from '../../core/platform/idle-price.ts';
import type { IIntegrationApp } from '../apic/integration-app.ts';
import { ALARM_PERIOD, FaultAlarm } from '../platform/fault-alarm.ts';
import { HandlerFunction } from '../platform/handler-function.ts';
import { Integration } from '../platform/integration.ts';
import { ProvidedResource } from '../platform/provided-resource.ts';
import { checkWhole } from '../platform/setting.ts';
import { authoritiesOf, databaseDrivers } from './database-login.ts';
import { ImageClock } from './image-clock.ts';
import { languageParts } from './language-parts.ts';
import {
  joinSource,
  type ScheduledSourceProps,
  sourceDrivers,
  sourceLabel,
  sourceLogin,
  sourceOf,
  sourceParts,
} from './scheduled-source.ts';
import { joinTarget, type ScheduledTargetProps, targetDrivers, targetLogin, targetOf } from './scheduled-target.ts';

/** When it runs: one of the units, or cron. Every so many `seconds` it follows a source that has an `increment`. */
export type ScheduleProps = Omit<TaskSchedule, 'timeZone'> & {
  /** @default 'GMT+8' */
  readonly timeZone?: string;
};

export type AfterRunProps =
  | { readonly sql: string; readonly on?: 'target' | 'source' }
  | { readonly run: ScheduledTask };

export interface ScheduledTaskProps {
  /** Who owns it. */
  readonly app: IIntegrationApp;
  readonly source: ScheduledSourceProps;
  readonly target: ScheduledTargetProps;
  /**
   * 3 to 100 letters, digits, `_`, `.` or `-`; unique in the environment.
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Which column of the source or constant goes into which column. `by-name`: those that are equal without regard to case and `_`.
   * @default 'by-name'
   */
  readonly mapping?: 'by-name' | readonly ColumnMapping[];
  /** @default - it runs when it is asked to: `causeway task run` */
  readonly schedule?: ScheduleProps;
  /**
   * What becomes of a run that is due while another one is going: it follows it, or is left out. The log says so.
   * @default 'skip'
   */
  readonly overlap?: Definition['overlap'];
  /**
   * Whether its schedule counts from its creation on. Later deployments never start or stop a task.
   * @default false
   */
  readonly started?: boolean;
  /**
   * What is done after a run that ended well. SQL on the target is part of the run: it is done once, or the run has not ended.
   * @default - nothing
   */
  readonly after?: readonly AfterRunProps[];
  /**
   * The most rows written at once, 1 to 10,000; fewer where they are large.
   * @default 5000
   */
  readonly pageSize?: number;
  /**
   * How long one invocation works before another one goes on, 1 to 15 minutes; at least 2 where it follows its source.
   * @default Duration.minutes(15)
   */
  readonly attempt?: Duration;
  /** @default - none */
  readonly tags?: readonly string[];
}

/** Two pages of a megabyte, as rows, as texts and as a statement. */
const RUNNER_MB = 1024;
/** What follows its source runs all the time, and mostly waits. */
const FOLLOWER_MB = 512;

/** Carries what a database holds into another, another table or a topic, at set times: `docs/scheduled-tasks.md`. */
export class ScheduledTask extends Construct {
  readonly taskName: string;
  readonly runner: HandlerFunction;
  readonly #props: ScheduledTaskProps;

  /** @throws InvalidSetting for a task that cannot work whatever its tables look like; the rest is refused at deployment */
  constructor(scope: Construct, id: string, props: ScheduledTaskProps) {
    super(scope, id);
    const integration = Integration.of(this);
    const { source, target } = props;
    this.taskName = props.name ?? id;
    this.#props = props;
    checkScheduledTask(this.definition(), this.node.path);
    checkExpressions(this.definition(), this.node.path);
    const attempt = props.attempt ?? Duration.minutes(15);
    const follows = followSeconds(this.definition().schedule) !== undefined;
    checkWhole(this, 'attempt', attempt.toSeconds(), { min: follows ? 120 : 60, max: 900, unit: 'seconds' });
    const kinds = [...sourceDrivers(this, source), ...targetDrivers(this, target)];

    this.runner = new HandlerFunction(this, 'Runner', {
      environment: integration.settings,
      entry: 'fdi/run-task',
      description: `Runs the task ${this.taskName}`,
      memory: follows ? FOLLOWER_MB : RUNNER_MB,
      timeout: attempt,
      files: {
        'definitions.json': () => this.definition(),
        'authorities.json': () => authoritiesOf({ SOURCE: sourceLogin(source), TARGET: targetLogin(target) }),
      },
      parts: {
        ...databaseDrivers([...new Set(kinds)].sort()),
        ...sourceParts(source),
        ...languageParts({ source: { dataType: 'JSON' }, mapping: this.definition().mapping }),
      },
    });
    integration.databaseFor(this).grant(this.runner, 'causeway_fdi');
    integration.platform.tables.grantCatalog(this.runner, 'update');
    joinSource(this, { task: this.taskName, runner: this.runner, source });
    joinTarget(this, { task: this.taskName, app: props.app, runner: this.runner, target });
    const calls = this.#calls();
    integration.allow('manageLogs', {
      actions: ['logs:FilterLogEvents'],
      resources: [this.runner.logGroup.logGroupArn],
      because: 'The ARN of a log group ends in a star, which stands for its streams.',
    });
    if (isUndone(this.definition().target)) {
      integration.allow('rollbackBatches', { actions: ['lambda:InvokeFunction'], resources: [this.runner.arn] });
    }
    if ('rollback' in target && target.rollback !== undefined) {
      new ImageClock(this, 'Images', this.runner);
    }
    integration.allow('replayRejected', { actions: ['lambda:InvokeFunction'], resources: [this.runner.arn] });
    integration.allow('manageRuns', { actions: ['lambda:InvokeFunction'], resources: [this.runner.arn] });
    if (follows) {
      integration.allow('manageTasks', { actions: ['lambda:InvokeFunction'], resources: [this.runner.arn] });
      const price = runningPrice(FOLLOWER_MB).toFixed(0);
      Annotations.of(this).addInfo(
        `${this.taskName}: following its source costs about $${price} a month while it is started`,
      );
    }
    this.#schedule();
    this.#task(integration, calls);
    new FaultAlarm(this, 'Errors', {
      environment: integration.settings,
      description: `Runs of ${this.taskName} fail: what is new in its source waits.`,
      runbook: 'scheduled-task',
      metric: this.runner.function.metricErrors({ period: ALARM_PERIOD }),
    });
  }

  /** What the runner is told. */
  definition(): Definition {
    const {
      source,
      target,
      mapping = 'by-name',
      schedule,
      overlap = 'skip',
      after = [],
      pageSize = 5000,
    } = this.#props;

    return {
      name: this.taskName,
      source: sourceOf(source),
      target: targetOf(target, this.#props.app),
      mapping,
      ...(schedule !== undefined && { schedule: { ...schedule, timeZone: schedule.timeZone ?? 'GMT+8' } }),
      overlap,
      after: after.map(actionOf),
      pageSize,
    };
  }

  /** A policy of its own: in the function's it would be a circle, since the function waits for that. */
  #calls(): Policy {
    const calls = new Policy(this, 'Calls', { roles: [this.runner.role] });
    const others = (this.#props.after ?? []).flatMap((action) => ('run' in action ? [action.run] : []));
    const arns = [this.runner, ...others.map(({ runner }) => runner)].map(({ arn }) => arn);
    calls.addStatements(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [...new Set(arns)] }));
    if (others.length > 0) {
      const functions = Object.fromEntries(others.map(({ taskName, runner }) => [taskName, runner.arn]));
      this.runner.variable('AFTER_TASKS', Stack.of(this).toJsonString(functions));
    }
    // It calls itself on purpose, as often as a long run needs: Lambda would take that for a mistake after sixteen times.
    (this.runner.function.node.defaultChild as CfnFunction).recursiveLoop = 'Allow';

    return calls;
  }

  #schedule(): void {
    const { schedule } = this.definition();
    if (schedule === undefined) {
      return;
    }
    const role = new Role(this, 'Clock', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.runner.arn] }));
    const { expression, timeZone } = schedulerExpression(schedule);
    new CfnSchedule(this, 'Schedule', {
      scheduleExpression: expression,
      scheduleExpressionTimezone: timeZone,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.runner.arn,
        roleArn: role.roleArn,
        input: JSON.stringify({ due: '<aws.scheduler.scheduled-time>' }),
        retryPolicy: { maximumEventAgeInSeconds: 300, maximumRetryAttempts: 3 },
      },
    }).node.addDependency(role);
  }

  #task(integration: Integration, calls: Policy): void {
    const { app, started = false, source, target, tags = [] } = this.#props;
    const definition = this.definition();
    integration.catalog.add(this, 'task', this.taskName, {
      app: app.appName,
      mode: 'scheduled',
      functionArn: this.runner.arn,
      ...(isUndone(definition.target) && { rollback: true }),
      logGroup: this.runner.logGroup.logGroupName,
      source: sourceLabel(source),
      table: destinationText(definition.target),
      schedule: definition.schedule === undefined ? 'when it is asked to' : scheduleText(definition.schedule),
      ...(followSeconds(definition.schedule) !== undefined && { follows: true }),
      started,
      tags,
    });
    const task = new ProvidedResource(this, 'Task', {
      provider: this.runner,
      kind: 'ScheduledTask',
      properties: { Task: this.taskName, Started: started, Hash: hashOf(definition) },
    });
    task.node.addDependency(integration.catalog.resource, calls);
    for (const table of [source.table, 'table' in target ? target.table : undefined]) {
      if (table !== undefined && typeof table !== 'string') {
        task.node.addDependency(table.ready);
      }
    }
  }
}

function actionOf(action: AfterRunProps): AfterRun {
  return 'run' in action ? { task: action.run.taskName } : { sql: action.sql, on: action.on ?? 'target' };
}

function hashOf(definition: Definition): string {
  return createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 16);
}
