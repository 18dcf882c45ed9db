import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BulkRegistration, registerInBulk } from '../../../cli/devices/bulk-registration.ts';
import type { FileLine } from '../../../cli/devices/device-file.ts';
import type { LineResult } from '../../../cli/devices/result-file.ts';
import { CommandFailed, ManagementRefused } from '../../../cli/errors.ts';
import type { BatchDevice, BatchOutcome } from '../../../core/link/register-devices.ts';

/** A platform that knows a registration by its password, and a result file in memory. */
class Site {
  readonly registered = new Map<string, string>();
  readonly calls: string[][] = [];
  readonly pauses: number[] = [];
  readonly paced: number[] = [];
  /** What is on disk. */
  known = new Map<string, LineResult>();
  finished: readonly LineResult[] = [];
  /** Called before each call; throws to lose the request, answers true to lose the answer. */
  trouble: (call: number) => boolean = () => false;

  async run(lines: readonly FileLine[], more: Partial<BulkRegistration> = {}) {
    return registerInBulk({
      product: 'P',
      lines,
      results: {
        known: new Map(this.known),
        append: async (results) => {
          for (const result of results) this.known.set(result.device, result);
        },
        finish: async (results) => {
          this.finished = results;
          this.known = new Map(results.filter(({ device }) => device !== '').map((result) => [result.device, result]));
        },
        close: async () => undefined,
      },
      client: { registerDevices: async (_, devices) => this.#register(devices) },
      pace: async (count) => void this.paced.push(count),
      pause: async (ms) => void this.pauses.push(ms),
      interrupted: () => false,
      progress: () => undefined,
      ...more,
    });
  }

  #register(devices: readonly BatchDevice[]): BatchOutcome[] {
    for (const { device, password } of devices) {
      // The rule that makes a kill harmless: it is on disk before it is sent.
      expect(this.known.get(device)).toMatchObject({ outcome: 'sent', password });
    }
    this.calls.push(devices.map(({ device }) => device));
    const lost = this.trouble(this.calls.length);
    const outcomes = devices.map(({ device, password = '' }) => this.#outcome(device, password));
    if (lost) throw new CommandFailed('No answer from http://there: socket hang up.');

    return outcomes;
  }

  #outcome(device: string, password: string): BatchOutcome {
    const before = this.registered.get(device);
    if (before !== undefined && before !== password) {
      return {
        outcome: 'refused',
        device,
        error: { code: 'CAUSEWAY.0409', message: `${device} is registered already.` },
      };
    }
    this.registered.set(device, password);
    const credentials = { product: 'P', device, clientId: `d${device}`, username: `d${device}`, password };

    return { outcome: before === undefined ? 'registered' : 'known', ...credentials, publish: 'out', subscribe: 'in' };
  }
}

function devices(count: number): FileLine[] {
  return Array.from({ length: count }, (_, index) => ({ line: index + 2, device: { device: `S-${index}` } }));
}

test('all lines are registered in batches, each with a password of its own', async () => {
  const site = new Site();

  const { counts, results } = await site.run(devices(60));

  expect(counts).toEqual({ lines: 60, registered: 60, before: 0, refused: 0, open: 0 });
  expect(site.calls.map(({ length }) => length).sort()).toEqual([10, 25, 25]);
  expect(site.paced.reduce((sum, count) => sum + count, 0)).toBe(60);
  expect(new Set(results.map(({ password }) => password)).size).toBe(60);
  expect(site.finished).toBe(results);
});

test('a line that is wrong or refused keeps no other, and its useless password is not kept', async () => {
  const site = new Site();
  site.registered.set('S-1', 'Passw0rd-of-old');
  const lines: FileLine[] = [...devices(3), { line: 5, problem: 'physical id: …' }];

  const { counts, results } = await site.run(lines);

  expect(counts).toMatchObject({ registered: 2, refused: 2, open: 0 });
  expect(results.map(({ outcome }) => outcome)).toEqual(['registered', 'refused', 'registered', 'refused']);
  expect(results[1]).toEqual({
    ...{ line: 3, product: 'P', device: 'S-1', outcome: 'refused' },
    ...{ code: 'CAUSEWAY.0409', error: 'S-1 is registered already.' },
  });
});

test('a call without an answer is repeated after longer and longer pauses, with the same passwords', async () => {
  const site = new Site();
  site.trouble = (call) => call <= 3;

  const { counts } = await site.run(devices(5));

  expect(counts).toMatchObject({ registered: 5, open: 0 });
  expect(site.pauses).toEqual([1000, 2000, 4000]);
});

test('only the devices that were throttled are sent again', async () => {
  const site = new Site();
  let calls = 0;
  const { counts } = await site.run(devices(3), {
    client: {
      registerDevices: async (product, sent) => {
        calls += 1;
        site.calls.push(sent.map(({ device }) => device));
        return sent.map(({ device, password = '' }) =>
          calls === 1 && device === 'S-1'
            ? { outcome: 'throttled', device }
            : {
                outcome: 'registered',
                product,
                device,
                clientId: 'd',
                username: 'd',
                password,
                publish: '',
                subscribe: '',
              },
        );
      },
    },
  });

  expect(site.calls).toEqual([['S-0', 'S-1', 'S-2'], ['S-1']]);
  expect(counts).toMatchObject({ registered: 3, open: 0 });
});

test('a refusal that would be the same next time ends the job, with its results written', async () => {
  const site = new Site();
  site.trouble = () => {
    throw new ManagementRefused(404, { message: 'There is no product P.' });
  };

  const { failure, counts } = await site.run(devices(30));

  expect(failure?.message).toBe('There is no product P.');
  expect(site.pauses).toEqual([]);
  expect(counts).toMatchObject({ registered: 0, open: 30 });
  expect(site.finished).toHaveLength(30);
});

test('an interrupted job finishes what is under way and tells what is left', async () => {
  const site = new Site();

  const { counts, results } = await site.run(devices(300), { interrupted: () => site.calls.length > 0 });

  expect(counts.registered).toBeGreaterThan(0);
  expect(counts.open).toBe(300 - counts.registered);
  expect(results.filter(({ outcome }) => outcome === 'waiting')).toHaveLength(counts.open);
});

test('lines that an earlier run registered are not sent, and keep their passwords', async () => {
  const site = new Site();
  const before = await site.run(devices(3));
  site.calls.length = 0;

  const { counts, results } = await site.run(devices(4));

  expect(site.calls).toEqual([['S-3']]);
  expect(counts).toMatchObject({ registered: 4, before: 3 });
  expect(results.slice(0, 3)).toEqual(before.results);
});

test('wherever a job is killed, the next one ends with the password of every registered device known', async () => {
  class Killed extends Error {}
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(6), fc.boolean()), { maxLength: 3 }), async (kills) => {
      const site = new Site();
      for (const [at, answerLost] of kills) {
        const from = site.calls.length;
        site.trouble = (call) => {
          if (call <= from + at) return false;
          if (!answerLost) throw new Killed();
          return true;
        };
        const pause = () => Promise.reject(new Killed());
        await site.run(devices(120), { pause }).catch((error) => expect(error).toBeInstanceOf(Killed));
      }
      site.trouble = () => false;

      const { counts, results } = await site.run(devices(120));

      expect(counts).toMatchObject({ registered: 120, refused: 0, open: 0 });
      for (const { device, password } of results) {
        expect(site.registered.get(device)).toBe(password);
      }
    }),
    { numRuns: 30 },
  );
});
