import { expect, test } from '@jest/globals';
import { seededRandom } from '../random.ts';
import { type Broken, type Subject, Trial } from './trial.ts';

const TEN_LANES: Subject = { lanes: 10, calls: 'one', table: 'history' };
const untold = () => undefined;

async function findingsOf(subjects: readonly Subject[], kills: number, broken?: Broken): Promise<string[]> {
  const trial = await Trial.open(broken);
  const findings: string[] = [];
  try {
    for (const subject of subjects) {
      const random = seededRandom(7);
      const steps = await trial.everyStep(subject, 25, random, untold);
      const instants = await trial.randomInstants(subject, kills, random, untold);
      expect(instants.kills).toBeGreaterThanOrEqual(kills);
      findings.push(...steps.findings, ...instants.findings);
    }
  } finally {
    await trial.stop();
  }

  return findings;
}

/** As `npm run crash` does a thousand times over. */
test('killed again and again, with one lane, in one call and in several, and with ten, a task writes each message once', async () => {
  const subjects: Subject[] = [
    { lanes: 1, calls: 'one', table: 'state' },
    { lanes: 1, calls: 'several', table: 'history' },
    TEN_LANES,
  ];

  expect(await findingsOf(subjects, 6)).toEqual([]);
}, 120_000);

test.each<[Broken, RegExp]>([
  ['early-checkpoint', /not in the table/],
  ['no-position', /more than once in the table/],
  ['shard-position-with-lanes', /not in the table/],
])(
  'delivery with the mistake %s is found out',
  async (broken, finding) => {
    expect((await findingsOf([TEN_LANES], 6, broken)).join('\n')).toMatch(finding);
  },
  120_000,
);
