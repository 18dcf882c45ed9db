import { arn } from '../account.ts';
import { AwsError, TemplateError } from '../errors.ts';
import { scheduleExpression } from '../scheduler/schedule.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly Name?: string;
  readonly GroupName?: string;
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone?: string;
  readonly State?: 'ENABLED' | 'DISABLED';
  readonly StartDate?: string;
  readonly EndDate?: string;
  readonly FlexibleTimeWindow: { readonly Mode: 'OFF' | 'FLEXIBLE'; readonly MaximumWindowInMinutes?: number | string };
  readonly Target: { readonly Arn: string; readonly RoleArn: string; readonly Input?: string };
}

const MAX_NAME = 64;

/** AWS::Scheduler::Schedule → a schedule of the local engine; its target is a function. */
export const schedulerSchedule = resource<Properties>('AWS::Scheduler::Schedule', {
  rebuilt: true,
  apply({ properties, engines, name, stack, logicalId }) {
    const { Target, GroupName = 'default', StartDate, EndDate } = properties;
    const { Mode, MaximumWindowInMinutes } = properties.FlexibleTimeWindow;
    if (!Target.Arn.includes(':function:')) {
      throw new TemplateError(`${stack}/${logicalId}: a schedule calls functions here, not ${Target.Arn}`);
    }
    const scheduleName = properties.Name ?? name(MAX_NAME);
    const schedule = engines.scheduler.apply({
      name: scheduleName,
      arn: arn('scheduler', `schedule/${GroupName}/${scheduleName}`),
      expression: scheduleExpression(properties.ScheduleExpression, properties.ScheduleExpressionTimezone),
      enabled: properties.State !== 'DISABLED',
      ...(StartDate !== undefined && { start: dateOf('StartDate', StartDate) }),
      ...(EndDate !== undefined && { end: dateOf('EndDate', EndDate) }),
      ...(Mode === 'FLEXIBLE' && { window: windowOf(MaximumWindowInMinutes) }),
      target: {
        arn: Target.Arn,
        roleArn: Target.RoleArn,
        ...(Target.Input === undefined ? {} : { input: Target.Input }),
      },
    });

    return { ref: scheduleName, attributes: { Arn: schedule.arn } };
  },
  remove({ previous, engines }) {
    if (previous !== undefined) engines.scheduler.remove(previous.ref);
  },
});

function dateOf(name: string, text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) {
    throw new AwsError('ValidationException', `Invalid ${name} ${text}.`);
  }

  return time;
}

/** Ref: scheduler/latest/APIReference/API_FlexibleTimeWindow: 1 to 1440, and wanted with FLEXIBLE. */
function windowOf(minutes: number | string | undefined): number {
  const count = Number(minutes);
  if (!Number.isInteger(count) || count < 1 || count > 1440) {
    throw new AwsError('ValidationException', `MaximumWindowInMinutes must be from 1 to 1440, not ${minutes}.`);
  }

  return count * 60_000;
}
