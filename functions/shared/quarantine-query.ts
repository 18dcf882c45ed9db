import { exactOptional, string } from 'zod/mini';
import { InvalidSetting } from '../../core/errors.ts';

/** By what quarantined records are chosen; times as `quarantineTime` reads them. */
export const quarantineFilter = {
  code: exactOptional(string()),
  device: exactOptional(string()),
  reason: exactOptional(string()),
  column: exactOptional(string()),
  since: exactOptional(string()),
  until: exactOptional(string()),
};

/** @throws InvalidSetting for what is no id of a quarantined record */
export function quarantineId(text: string | undefined): number {
  const id = Number(text);
  if (!Number.isSafeInteger(id) || id < 1) {
    throw new InvalidSetting('id', text, 'the number of a quarantined record, as the list shows it');
  }

  return id;
}

/** @throws InvalidSetting for what is no day and no time */
export function quarantineTime(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) {
    return undefined;
  }
  const time = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(time.getTime())) {
    throw new InvalidSetting(name, text, 'a day or a time such as 2026-11-24T08:00:00Z');
  }

  return time;
}
