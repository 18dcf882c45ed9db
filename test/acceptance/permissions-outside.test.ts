import { join } from 'node:path';
import process from 'node:process';
import { keptOutside } from './permissions/outside/kept.ts';
import { type Outside, startOutside } from './permissions/outside/servers.ts';
import { letSyncIn, outsideSteps } from './permissions/outside/steps.ts';
import { permissionTests } from './permissions/permission-tests.ts';
import { LOGS, SKIPPING } from './permissions/unused-here.ts';

const kept = keptOutside();
let outside: Outside;

permissionTests({
  module: join(import.meta.dirname, 'permissions/outside/index.ts'),
  async open() {
    outside = await startOutside();
    Object.assign(process.env, outside.environment, await kept.start());
  },
  async close() {
    await kept.close();
    await outside?.stop();
  },
  async steps(platform) {
    await letSyncIn(platform, outside);

    return outsideSteps(platform, { ...outside, kept });
  },
  // Those of the platform itself are in the other lot.
  isJudged: ({ givenBy }) => /Causeway(Sync|Outside)/.test(givenBy),
  unusedHere: [LOGS, SKIPPING],
  unasked: ['kinesis:ListStreams'],
});
