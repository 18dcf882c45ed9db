import { randomUUID } from 'node:crypto';
import { ACCOUNT, REGION } from '../account.ts';
import type { EngineHost, SchedulerEngine } from '../engines.ts';
import { nextDue, type Schedule } from './schedule.ts';

/** Lambda tries an asynchronous invocation whose function failed twice more. Ref: lambda/latest/dg/invocation-async-error-handling */
const RETRY_MILLISECONDS: readonly number[] = [60_000, 120_000];
/** Longer waits overflow a timer; what is due later is looked at again. */
const LONGEST_WAIT = 2_000_000_000;

/** EventBridge Scheduler on this machine: functions called when they are due, with the role of the schedule. */
export function createSchedulerEngine(host: Pick<EngineHost, 'engines' | 'logs'>): SchedulerEngine {
  const log = host.logs('scheduler');
  const schedules = new Map<string, Schedule>();
  const timers = new Map<string, NodeJS.Timeout>();
  const retries = new Set<NodeJS.Timeout>();
  /** When each was last due and called: with a window, the next may be due before this one is called. */
  const delivered = new Map<string, number>();
  let opened = false;

  const wait = (schedule: Schedule) => {
    clearTimeout(timers.get(schedule.name));
    timers.delete(schedule.name);
    const due = nextDue(schedule, Math.max(Date.now(), delivered.get(schedule.name) ?? 0));
    if (!opened || !schedule.enabled || due === undefined) return;
    const left = due + Math.floor(Math.random() * (schedule.window ?? 0)) - Date.now();
    const run = () => {
      // A timer may fire a moment early; the schedule would be due a second time.
      if (Date.now() < due) return wait(schedule);
      delivered.set(schedule.name, due);
      void deliver(schedule, due, 1);
      wait(schedule);
    };
    timers.set(
      schedule.name,
      setTimeout(left > LONGEST_WAIT ? () => wait(schedule) : run, Math.min(left, LONGEST_WAIT)),
    );
  };
  const deliver = async (schedule: Schedule, due: number, attempt: number): Promise<void> => {
    const facts = { schedule: schedule.name, target: schedule.target.arn, due: new Date(due).toISOString() };
    try {
      const { iam, lambda } = host.engines;
      const { roleArn, arn } = schedule.target;
      const source = { 'aws:SourceArn': schedule.arn, 'aws:SourceAccount': ACCOUNT };
      iam.authorize(iam.assume(roleArn, 'scheduler.amazonaws.com', source), 'lambda:InvokeFunction', arn);
      const { functionError, payload } = await lambda.invoke(arn, eventOf(schedule, due, attempt));
      if (functionError === undefined) return;
      log.error('the function failed', { ...facts, error: payload });
    } catch (error) {
      log.error('the target cannot be called', { ...facts, reason: error instanceof Error ? error.message : error });
    }
    const pause = RETRY_MILLISECONDS[attempt - 1];
    if (pause === undefined || !opened) return;
    const timer = setTimeout(() => {
      retries.delete(timer);
      void deliver(schedule, due, attempt + 1);
    }, pause);
    retries.add(timer);
  };

  return {
    apply(schedule) {
      schedules.set(schedule.name, schedule);
      wait(schedule);

      return { arn: schedule.arn };
    },
    remove(name) {
      schedules.delete(name);
      clearTimeout(timers.get(name));
      timers.delete(name);
    },
    async start() {},
    async open() {
      opened = true;
      for (const schedule of schedules.values()) wait(schedule);
    },
    async stop() {
      opened = false;
      for (const timer of [...timers.values(), ...retries]) clearTimeout(timer);
      timers.clear();
      retries.clear();
    },
  };
}

/** Ref: scheduler/latest/UserGuide/managing-targets-templated: what a function gets from a schedule that has no input of its own. */
function eventOf({ arn, target }: Schedule, due: number, attempt: number): unknown {
  const scheduledTime = new Date(due).toISOString().replace(/\.\d{3}/, '');
  if (target.input !== undefined) {
    return JSON.parse(withAttributes(target.input, { arn, scheduledTime, attempt }));
  }

  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: ACCOUNT,
    time: scheduledTime,
    region: REGION,
    resources: [arn],
    detail: '{}',
  };
}

/** Ref: scheduler/latest/UserGuide/managing-schedule-context-attributes */
function withAttributes(
  input: string,
  { arn, scheduledTime, attempt }: { arn: string; scheduledTime: string; attempt: number },
): string {
  return input
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll('<aws.scheduler.scheduled-time>', scheduledTime)
    .replaceAll('<aws.scheduler.execution-id>', () => randomUUID().replaceAll('-', '').slice(0, 16))
    .replaceAll('<aws.scheduler.attempt-number>', String(attempt));
}
