import { setTimeout as delay } from 'node:timers/promises';
import { driverProblem } from '../../../core/fdi/driver-problem.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { SourceReader } from '../../../core/fdi/run-ports.ts';
import { EXTERNAL_POSITIONS } from '../../../core/fdi/run-positions.ts';
import { type RunSource, sourceText } from '../../../core/fdi/run-source.ts';
import { apiProblem, awsProblem } from '../../../core/fdi/service-problem.ts';
import { type Checking, checked, type SourceCheck, type Unproved } from '../../../core/fdi/source-check.ts';
import { environment } from '../environment.ts';
import type { TestedSides } from '../side-test.ts';
import { problemOf, testLogin } from '../test-table.ts';
import { testFileRights } from './file-rights.ts';
import { readerOf } from './readers.ts';
import { taskLogin } from './run-databases.ts';
import { destinationTest } from './test-destination.ts';

/** A page is one record: what proves that all of them can be read. */
const ONE = { pageSize: 1 };
/** Within the time of the test. */
const READ_MS = 12_000;
const ATTEMPTS = 3;
const WAIT_MS = 300;

/** What tests the sides of a scheduled task. */
export function scheduledSides(task: ScheduledTask): TestedSides {
  return {
    source: (_question, checking) => testReader(task, checking),
    target: destinationTest(task.target, EXTERNAL_POSITIONS),
  };
}

/** Reads as a first run would, one page and no further; what is read is forgotten. */
async function testReader(task: ScheduledTask, { now }: Checking): Promise<readonly SourceCheck[]> {
  const { source } = task;
  const checks: SourceCheck[] = [];
  if (source.kind === 'database') {
    checks.push(...(await testLogin(() => taskLogin('SOURCE', source.place), source.place, { now })));
    if (checks.some(({ ok }) => !ok)) {
      return checks;
    }
  }
  const checking: Checking = { now, problemOf: problemsOf(source), ...(checks[0] && { user: checks[0].user }) };
  checks.push(await checked(checking, `reads ${sourceText(source)}`, () => readOne(task)));
  if (source.kind === 'file' && checks.every(({ ok }) => ok)) {
    checks.push(...(await testFileRights(environment('SOURCE_BUCKET'), source, checking)));
  }

  return checks;
}

/** What passes by itself is waited for a moment, as a run would. */
async function readOne(task: ScheduledTask): Promise<Unproved | undefined> {
  const reader = await readerOf({ ...task, ...ONE });
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await firstPage(task, reader);
      } catch (error) {
        if (attempt === ATTEMPTS || reader.faultOf(error).kind !== 'passing') {
          throw error;
        }
      }
      await delay(attempt * WAIT_MS);
    }
  } finally {
    await reader.close();
  }
}

async function firstPage({ source }: ScheduledTask, reader: SourceReader): Promise<Unproved | undefined> {
  await reader.fields();
  const { records } = await reader.read(await reader.begin(null), READ_MS);

  return records.length === 0 && source.kind === 'file'
    ? { unproved: 'nothing lies there yet: it may be listed, and whether it may be read shows with the first file' }
    : undefined;
}

function problemsOf(source: RunSource): NonNullable<Checking['problemOf']> {
  switch (source.kind) {
    case 'http':
      return apiProblem;
    case 'file':
      return awsProblem;
    case 'database':
      return problemOf(source.place);
    default:
      return driverProblem;
  }
}
