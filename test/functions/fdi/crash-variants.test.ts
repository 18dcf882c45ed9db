import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { handlerCode } from '../../../lib/platform/handler-bundle.ts';
import { consumerVariant, plantVariant } from '../../fdi-variants/consumer-variant.ts';
import type { Consumer } from './consumer.ts';
import { deliver, POINTS, withConsumer } from './crashes.ts';
import { type Findings, findings } from './delivered.ts';
import { HISTORY_TASK, parking } from './parking.ts';

const lot = parking();

const KILLED = ['after the position was moved (S1)', 'before the rows are written', 'after the rows were written (S2)'];

/**
 * Kills the consumer once around its rows, each time in an empty lot, and answers what the check finds.
 *
 * @param again how many of the batch's records are written already: with one the consumer itself takes a transaction
 */
async function findingsOf(code?: string, again = 0): Promise<Findings[]> {
  const found: Findings[] = [];
  for (const point of POINTS.filter(([name]) => KILLED.includes(name))) {
    await lot.reset();
    const deliveries = [null, point, null].map((killed) => ({ take: 3, again, killed }));
    const work = async (consumer: Consumer) => {
      await deliver(lot, consumer, 9, [...deliveries, { take: 9, again: 0, killed: null }]);
      found.push(await findings(lot, 9));
    };
    await withConsumer(lot, HISTORY_TASK, work, code);
  }

  return found;
}

test.each([
  ['a statement', 0],
  ['a transaction', 1],
])(
  'of the consumer itself, killed in %s, the check finds nothing',
  async (_, again) => {
    expect(await findingsOf(undefined, again)).toEqual([{}, {}, {}]);
  },
  120_000,
);

test('a consumer that commits its position early is found to lose messages', async () => {
  const lost = { lost: [4, 5, 6] };

  expect(await findingsOf(await consumerVariant('early-position'))).toMatchObject([lost, lost, lost]);
}, 120_000);

test('a consumer without a position is found to write messages twice', async () => {
  expect(await findingsOf(await consumerVariant('without-position'))).toMatchObject([
    { twice: [4, 5, 6] },
    { twice: [5, 6] },
    { twice: [5, 6] },
  ]);
}, 120_000);

test('a variant takes the place of every consumer of an assembly, and of nothing else', async () => {
  const assembly = mkdtempSync(join(tmpdir(), 'causeway-assembly-'));
  const assets = {
    a: handlerCode('fdi/consume-topic'),
    b: handlerCode('fdi/provision-task'),
    c: handlerCode('fdi/consume-topic'),
  };
  for (const [name, code] of Object.entries(assets)) {
    mkdirSync(join(assembly, `asset.${name}`));
    writeFileSync(join(assembly, `asset.${name}`, 'index.mjs'), code);
  }

  expect(await plantVariant(assembly, 'without-position')).toBe(2);

  const variant = await consumerVariant('without-position');
  const planted = Object.keys(assets).map((name) => readFileSync(join(assembly, `asset.${name}`, 'index.mjs'), 'utf8'));
  expect(planted).toEqual([variant, assets.b, variant]);
  rmSync(assembly, { recursive: true });
});
