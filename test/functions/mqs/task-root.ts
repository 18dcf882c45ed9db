import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the handlers of topics read at their start. Importing this file first gives it to them, as the unpacked asset does in Lambda. */
const folder = mkdtempSync(join(tmpdir(), 'causeway-task-'));
writeFileSync(join(folder, 'definitions.json'), JSON.stringify({ group: 'Topics', stage: 'RELEASE', apis: [] }));
writeFileSync(
  join(folder, 'topic.json'),
  JSON.stringify({ topic: 'Events', partitionKey: 'device', filterFields: ['plate'] }),
);
process.env['LAMBDA_TASK_ROOT'] = folder;
process.env['AWS_REGION'] = 'us-east-1';
