import { Duration } from 'aws-cdk-lib';
import { CALL_HEADERS, type CorsRules } from '../../core/apic/cors.ts';
import { checkName, checkWhole, invalid, type Place } from '../platform/setting.ts';

/** Chromium keeps no answer longer. */
const MAX_AGE_SECONDS = 7_200;

/** Pages of other origins that may call. */
export interface CorsProps {
  /** `https://app.example.com`, as browsers send it; or `*` alone for any page. At most 100. */
  readonly origins: readonly string[];
  /**
   * Headers they may send beside those that sign a call or bring an AppCode, and those that are parameters.
   * @default - none
   */
  readonly headers?: readonly string[];
  /**
   * How long a browser need not ask again, up to 2 h.
   * @default Duration.minutes(10)
   */
  readonly maxAge?: Duration;
}

/** @throws InvalidSetting for what no browser would send */
export function corsRules(
  place: Place,
  { origins, headers = [], maxAge = Duration.minutes(10) }: CorsProps,
): CorsRules {
  if (origins.length === 0 || origins.length > 100 || (origins.length > 1 && origins.includes('*'))) {
    throw invalid(place, 'cors.origins', origins, '1 to 100 origins, or * alone');
  }
  for (const origin of origins) {
    checkName(
      place,
      'cors.origins',
      origin,
      /^(\*|https?:\/\/[a-z0-9.-]+(:\d{1,5})?)$/,
      'an origin as browsers send it, in lower case and without a path: https://app.example.com',
    );
  }
  for (const header of headers) {
    checkName(place, 'cors.headers', header, /^[A-Za-z0-9-]{1,64}$/, '1 to 64 letters, digits or `-`');
  }
  const maxAgeSeconds = checkWhole(place, 'cors.maxAge', maxAge.toSeconds(), {
    min: 0,
    max: MAX_AGE_SECONDS,
    unit: 'seconds',
  });

  return { origins, headers: [...CALL_HEADERS, ...headers], maxAgeSeconds };
}
