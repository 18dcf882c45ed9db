import { resource } from '../template/resource.ts';

interface LogGroupProperties {
  readonly LogGroupName?: string;
}

/** CloudWatch Logs allows 512 characters. */
const MAX_NAME = 512;

/** AWS::Logs::LogGroup → a view of the log files of the functions that name it. Files are kept, whatever the retention. */
export const logsLogGroup = resource<LogGroupProperties>('AWS::Logs::LogGroup', {
  rebuilt: true,
  apply({ properties, engines, name }) {
    const group = properties.LogGroupName ?? name(MAX_NAME);

    return { ref: group, attributes: { Arn: engines.logGroups.apply(group).arn } };
  },
  remove({ previous, engines }) {
    if (previous !== undefined) engines.logGroups.remove(previous.ref);
  },
});
