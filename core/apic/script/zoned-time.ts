import { InvalidSetting } from '../../errors.ts';
import { fieldsOf, textOf } from './crossing-bytes.ts';

/** How far a zone is from UTC at a moment, in minutes; for `java.util.TimeZone`. @throws InvalidSetting for a zone that is not known */
export function zoneOffset(call: unknown): number {
  const { zone, time } = fieldsOf(call);
  const name = textOf('TimeZone.getTimeZone', zone);
  const moment = new Date(Number(time));
  if (Number.isNaN(moment.getTime())) {
    throw new InvalidSetting('SimpleDateFormat.format', 'no date', 'a date');
  }
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    const text = format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})/.exec(text) ?? ['', '+', '0', '0'];

    return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  } catch {
    throw new InvalidSetting('TimeZone.getTimeZone', name.slice(0, 64), 'the name of a zone: GMT+08:00, Asia/Shanghai');
  }
}
