import { UsageError } from './errors.ts';

/** `Parking/FreeSpaces` → its group and its name. @throws UsageError for anything else, saying where the names are listed */
export function apiName(
  value: string,
  what: 'API' | 'backend' = 'API',
): { readonly group: string; readonly api: string } {
  const [group, api, more] = value.split('/');
  if (!group || !api || more !== undefined) {
    throw new UsageError(
      `${JSON.stringify(value)} is no ${what}. Name it GROUP/API; "causeway ${what.toLowerCase()} list" lists them.`,
    );
  }
  return { group, api };
}
