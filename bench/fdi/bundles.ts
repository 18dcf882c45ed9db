import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { handlerBundle } from '../../lib/platform/handler-bundle.ts';
import { median } from './statistics.ts';
import { TASK } from './workload.ts';

export interface BundleReport {
  readonly name: string;
  readonly bytes: number;
  /** From nothing to a handler that can be called, in a fresh process; Node's own start is not in it. */
  readonly initMs: number;
}

const RUNS = 5;
const INIT =
  'const t = performance.now(); await import(process.argv[1]); process.stdout.write(String(performance.now() - t)); process.exit(0);';
/** Enough of every function's definitions to be read. */
const DEFINITIONS = {
  ...TASK,
  group: 'Bench',
  stage: 'RELEASE',
  apis: [],
  scope: 'bench',
  migrations: [],
  users: [],
  grants: [],
};
const TOPIC = { topic: TASK.source.topic, partitionKey: { by: 'device' }, filterFields: [] };
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIABENCH',
  AWS_SECRET_ACCESS_KEY: 'bench',
  CAUSEWAY_ENVIRONMENT: 'bench',
  DEVICE_TABLE: 'Devices',
  APP_TABLE: 'Apps',
  CATALOG_TABLE: 'Catalog',
  DATABASE_CLUSTER_ARN: 'arn:aws:rds:us-east-1:000000000000:cluster:bench',
  DATABASE_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:bench',
  DATABASE_NAME: 'integration',
  MQTT_DOMAIN_CONFIGURATION: 'bench',
  SIGNATURE_FUNCTION: 'bench',
};

/** Every function as it is deployed: its size and the time its code takes to load. */
export async function measureBundles(): Promise<BundleReport[]> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-bundles-'));
  const reports: BundleReport[] = [];
  for (const [name, code] of handlerBundle()) {
    // Workers and languages are loaded by handlers, not by Lambda.
    if (name.startsWith('workers/') || name.startsWith('languages/')) {
      continue;
    }
    const asset = join(folder, name.replace('/', '-'));
    mkdirSync(asset);
    writeFileSync(join(asset, 'index.mjs'), code);
    writeFileSync(join(asset, 'definitions.json'), JSON.stringify(DEFINITIONS));
    writeFileSync(join(asset, 'topic.json'), JSON.stringify(TOPIC));
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      times.push(await initialise(asset));
    }
    reports.push({ name, bytes: Buffer.byteLength(code), initMs: median(times) });
  }
  rmSync(folder, { recursive: true });

  return reports;
}

async function initialise(asset: string): Promise<number> {
  const options = { env: { ...ENVIRONMENT, LAMBDA_TASK_ROOT: asset } };
  const index = join(asset, 'index.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', INIT, index], options);

  return Number(stdout);
}
