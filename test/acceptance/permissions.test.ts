import { join } from 'node:path';
import { permissionTests } from './permissions/permission-tests.ts';
import { stepsOf } from './permissions/steps.ts';
import { FOLLOWER, LOGS, UNASKED } from './permissions/unused-here.ts';

permissionTests({
  module: join(import.meta.dirname, 'permissions/lot.ts'),
  steps: stepsOf,
  isJudged: () => true,
  unusedHere: [LOGS, FOLLOWER],
  unasked: Object.keys(UNASKED),
});
