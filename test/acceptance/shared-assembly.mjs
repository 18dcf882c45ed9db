import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../bin/synthesize.ts';

/**
 * Synthesizes the parking lot once for all acceptance tests that only need it to run; `parking.test.ts` and `lifecycle.test.ts` start it as a user
 * does, from its sources.
 */
export default async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-assembly-'));
  process.env.PARKING_ASSEMBLY = await synthesize('parking', folder);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}
