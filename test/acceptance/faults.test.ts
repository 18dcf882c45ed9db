import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Lot } from '../faults/lot.ts';
import { runSuite, SHORT_SUITES, type Suite } from '../faults/suite.ts';

let lot: Lot;

beforeAll(async () => {
  lot = await Lot.open();
}, 180_000);

afterAll(async () => {
  await lot?.stop();
  lot?.remove();
}, 60_000);

const suites: Suite[] = Object.values(SHORT_SUITES);

// The long ones: npm run faults
test.each(suites)(
  '$summary: every acknowledged message is there once, or in the quarantine, and the ledger says so',
  async (suite) => {
    const report = await runSuite(lot, suite, { seed: 20_261_124 });

    expect(report.findings).toEqual([]);
    expect(report.acknowledged).toBe(suite.messages);
    expect(Object.values(report.harm).every((times) => times > 0)).toBe(true);
    expect(report.quarantined > 0).toBe(suite.malformed > 0);
  },
  240_000,
);
