import { arn } from '../account.ts';
import { TemplateError } from '../errors.ts';
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
  readonly FlexibleTimeWindow: { readonly Mode: 'OFF' | 'FLEXIBLE' };
  readonly Target: { readonly Arn: string; readonly RoleArn: string; readonly Input?: string };
}

const MAX_NAME = 64;

/** AWS::Scheduler::Schedule → a schedule of the local engine; its target is a function. */
export const schedulerSchedule = resource<Properties>('AWS::Scheduler::Schedule', {
  rebuilt: true,
  apply({ properties, engines, name, stack, logicalId }) {
    const { Target, GroupName = 'default', StartDate, EndDate } = properties;
    if (!Target.Arn.includes(':function:')) {
      throw new TemplateError(`${stack}/${logicalId}: a schedule calls functions here, not ${Target.Arn}`);
    }
    if (StartDate !== undefined || EndDate !== undefined) {
      throw new TemplateError(`${stack}/${logicalId}: StartDate and EndDate of a schedule are not served here`);
    }
    const scheduleName = properties.Name ?? name(MAX_NAME);
    const schedule = engines.scheduler.apply({
      name: scheduleName,
      arn: arn('scheduler', `schedule/${GroupName}/${scheduleName}`),
      expression: scheduleExpression(properties.ScheduleExpression, properties.ScheduleExpressionTimezone),
      enabled: properties.State !== 'DISABLED',
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
