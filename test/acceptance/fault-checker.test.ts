import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Lot } from '../faults/lot.ts';
import { runSuite, SHORT_SUITES } from '../faults/suite.ts';
import { plantVariant } from '../fdi-variants/consumer-variant.ts';
import { PARKING_ASSEMBLY, removeFolder, temporaryFolder } from './platform.ts';

const RUNS = 3;
const folder = temporaryFolder();

afterAll(() => removeFolder(folder));

/** The suite of every day, which finds nothing with the consumer itself: test/acceptance/faults.test.ts. */
test.each([
  ['early-position', /acknowledged and neither in the table nor in the quarantine/],
  ['without-position', /there more than once/],
] as const)(
  'with the consumer of the variant %s the faults are found out',
  async (variant, finding) => {
    const assembly = join(folder, variant);
    cpSync(PARKING_ASSEMBLY as string, assembly, { recursive: true });
    expect(await plantVariant(assembly, variant)).toBeGreaterThan(0);
    const lot = await Lot.open({ assembly });
    try {
      let found = '';
      // Whether a kill meets a batch in the middle is chance: of the dozen of a run some do.
      for (let seed = 1; seed <= RUNS && !finding.test(found); seed += 1) {
        found = (await runSuite(lot, { ...SHORT_SUITES.kills, limitSeconds: 30 }, { seed })).findings.join('\n');
      }

      expect(found).toMatch(finding);
    } finally {
      await lot.stop();
      lot.remove();
    }
  },
  240_000,
);
