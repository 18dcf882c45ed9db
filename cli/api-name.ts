import { UsageError } from './errors.ts';

/** `Parking/FreeSpaces` → its group and its name. @throws UsageError for anything else */
export function apiName(value: string): { readonly group: string; readonly api: string } {
  const [group, api, more] = value.split('/');
  if (!group || !api || more !== undefined) {
    throw new UsageError(`${JSON.stringify(value)} is no API. Name it GROUP/API; "causeway api list" lists them.`);
  }
  return { group, api };
}
