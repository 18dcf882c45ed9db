import { expect, test } from '@jest/globals';
import { ManagementRefused } from '../../cli/errors.ts';
import { patiently } from '../../cli/patiently.ts';
import type { Output } from '../../cli/screen/output.ts';

/** Answers one after the other: a status is a refusal. */
async function outcome(...answers: (number | 'done')[]) {
  const said: string[] = [];
  let waited = 0;
  const output = { message: (text: string) => said.push(text) } as unknown as Output;
  const pause = async (milliseconds: number) => {
    waited += milliseconds;
  };
  const call = async () => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer !== 'done') throw new ManagementRefused(answer ?? 0, { message: `refused with ${answer}.` });
    return answer;
  };
  const result = await patiently(output, pause, call).catch((error: Error) => error.message);

  return { result, said, waited };
}

test('a call that another is in the way of is repeated, and that is said once', async () => {
  expect(await outcome(423, 423, 'done')).toEqual({
    result: 'done',
    said: ['refused with 423. Waiting.'],
    waited: 4000,
  });
});

test('it is not repeated for ever', async () => {
  expect(await outcome(423)).toMatchObject({ result: 'refused with 423.', waited: 90_000 });
});

test('a fault of the platform is met with another try, three times at most', async () => {
  expect(await outcome(502, 500, 503, 'done')).toMatchObject({ result: 'done' });
  expect(await outcome(502, 502, 502, 502, 'done')).toMatchObject({ result: 'refused with 502.' });
});

test('a refusal of what was asked for is the answer', async () => {
  expect(await outcome(404, 'done')).toEqual({ result: 'refused with 404.', said: [], waited: 0 });
});
