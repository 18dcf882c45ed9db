/**
 * The refusals a call meets on a running platform: status, code and when. `errors.test.ts` meets each of them over HTTP; the rows of
 * docs/errors.md that say `called` are these.
 */
export const REFUSALS = [
  [400, 'APIC.0106', 'a required parameter is missing'],
  [400, 'APIC.0106', 'a parameter is not of its type'],
  [400, 'APIC.0106', 'a parameter is beyond its limits'],
  [400, 'APIC.0106', 'the body is not what its Content-Type says'],
  [400, 'APIC.0106', 'the body is neither a form nor JSON'],
  [401, 'APIC.0301', 'management API: no or wrong credentials'],
  [401, 'APIC.0303', 'no credentials of an app'],
  [401, 'APIC.0303', 'an unknown AppCode, or one where the API takes none'],
  [401, 'APIC.0303', 'a signature that is not right'],
  [401, 'APIC.0303', 'a signature of a body that is another'],
  [403, 'APIC.0304', 'the app has no grant for the API'],
  [404, 'APIC.0101', 'no API has this path'],
  [404, 'APIC.0101', 'no API has this method on the path'],
  [413, 'APIC.0201', 'a body above 10 MB'],
  [413, 'APIC.0201', 'a body above 4.5 MB'],
  [414, 'APIC.0201', 'a URI above 8,192 bytes'],
  [414, 'APIC.0201', 'a path above 1,500 bytes'],
  [494, 'APIC.0201', 'headers above 16,384 bytes'],
  [429, 'APIC.0308', 'more calls a second than the group allows'],
  [500, 'APIC.0601', 'the authorizer fails'],
  [500, 'APIC.0601', 'the authorizer says nothing'],
  [500, 'APIC.0601', 'the database refuses the statement'],
  [500, 'APIC.0601', 'the result is above 1 MiB'],
  [502, 'APIC.0202', 'the database is down'],
  [502, 'APIC.0202', 'the function ends without an answer'],
  [504, 'APIC.0203', 'the statement takes longer than the call may'],
  [400, 'CAUSEWAY.0400', 'management API: a request that is not valid'],
  [404, 'CAUSEWAY.0404', 'management API: what is asked for does not exist'],
  [409, 'CAUSEWAY.0409', 'management API: what is to be made exists already'],
  [412, 'CAUSEWAY.0412', 'management API: the state does not allow it'],
] as const satisfies readonly (readonly [status: number, code: string, when: string])[];

export type When = (typeof REFUSALS)[number][2];
