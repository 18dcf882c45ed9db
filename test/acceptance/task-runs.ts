import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { expect } from '@jest/globals';
import type mysql from 'mysql2/promise';
import { causeway, eventually, type Platform } from './platform.ts';

/** A run of a scheduled task, as the log of runs has it. */
export interface Run {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly read: number;
  readonly error: string | null;
}

/** Scheduled tasks of a platform, and what its database says of them. @param connection opened by the time anything is asked */
export function taskRuns(state: string, connection: () => mysql.Connection) {
  /** What `causeway … --json` prints. */
  async function cli<Answer>(...args: readonly string[]): Promise<Answer> {
    const { code, stdout, stderr } = await causeway(...args, '--json', '--state', state);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });

    return JSON.parse(stdout) as Answer;
  }

  async function rowsOf(sql: string): Promise<Record<string, unknown>[]> {
    const [rows] = await connection().query(sql);

    return rows as Record<string, unknown>[];
  }

  /** The newest first. From the table itself: the CLI would take half a second each time. */
  async function runsOf(task: string): Promise<readonly Run[]> {
    const rows =
      await rowsOf(`SELECT Id AS id, State AS state, Attempts AS attempts, RowsRead AS \`read\`, Error AS error
      FROM causeway.run WHERE Task = '${task}' ORDER BY Id DESC`);

    return rows as unknown as Run[];
  }

  /** Asks for a run, waits for its end, and shows it as the CLI does. */
  async function run(task: string): Promise<unknown> {
    const before = (await runsOf(task)).length;
    await cli('task', 'run', task);
    await eventually(
      () => runsOf(task),
      (all) => all.length > before && all[0]?.state !== 'running',
      60_000,
    );
    const [last] = await cli<unknown[]>('task', 'runs', task);

    return last;
  }

  return { cli, rowsOf, runsOf, run };
}

/** As if the minute of a process that was killed were over, in which nobody else takes its task. @param runner the task's function */
export async function endLease(
  { state, file }: Platform,
  { task, runner }: { readonly task: string; readonly runner: string },
): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey } = file.aws;
  const options = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  const log = readdirSync(join(state, 'logs')).find((name) => name.includes(runner)) ?? '';
  const { Environment } = await new LambdaClient(options).send(
    new GetFunctionConfigurationCommand({ FunctionName: log.replace('.log', '') }),
  );
  const { DATABASE_CLUSTER_ARN: resourceArn, DATABASE_SECRET_ARN: secretArn } = Environment?.Variables ?? {};
  const sql = `UPDATE causeway.run_position SET HeldUntil = NULL WHERE Task = '${task}'`;
  await new RDSDataClient(options).send(
    new ExecuteStatementCommand({ resourceArn, secretArn, sql, database: 'integration' }),
  );
}
