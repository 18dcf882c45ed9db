import type { Principal } from '../aws/service.ts';

/** What AWS tells a principal by in an event, a log or an answer: `AROA…:<session>`, and for a user `AIDA…`. */
export function principalIdOf({ sessionArn }: Principal): string {
  const [, role, session] = /:assumed-role\/([^/]+)\/(.+)$/.exec(sessionArn) ?? [];

  return role === undefined ? `AIDA${idOf(sessionArn.split('/').at(-1) ?? '')}` : `${roleId(role)}:${session}`;
}

export function roleId(name: string): string {
  return `AROA${idOf(name)}`;
}

function idOf(name: string): string {
  return name
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .toUpperCase()
    .slice(0, 17);
}
