import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { APP_SCHEMES, SCHEME_HEADERS } from '../../core/apic/app-schemes.ts';
import { FAULTS, OTHER_CAUSES } from '../../core/apic/explain-refusal.ts';
import { MISTAKES } from '../../core/apic/signing-mistakes.ts';

const DOCUMENT = readFileSync(new URL('../../docs/apis.md', import.meta.url), 'utf8');

/** Rows of the table below a heading, by their first cell. */
function rowsBelow(heading: string): Map<string, string> {
  const [, below = ''] = DOCUMENT.split(`${heading}\n`);
  const rows = (below.split(/\n##/)[0] ?? '').matchAll(/^\| `([\w-]+)` \| (.+) \|$/gm);

  return new Map([...rows].map(([, name = '', rest = '']) => [name, rest]));
}

test('every scheme is documented, with the headers it takes', () => {
  const rows = rowsBelow('## Ways to sign in');

  expect([...rows.keys()].sort()).toEqual([...APP_SCHEMES].sort());
  for (const [scheme, row] of rows) {
    for (const header of SCHEME_HEADERS[scheme as keyof typeof SCHEME_HEADERS]) {
      // Sent where the body is declared; the chapter on signatures says it.
      if (header !== 'X-Sdk-Content-Sha256') {
        expect(row).toContain(header);
      }
    }
  }
});

test('every cause of an explained refusal is documented, and no other', () => {
  const causes = [...Object.keys(MISTAKES), ...Object.keys(FAULTS), ...OTHER_CAUSES];

  expect([...rowsBelow('### Why a signature is refused').keys()].sort()).toEqual(causes.sort());
});
