import type { App } from 'aws-cdk-lib';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { DataApi, type DataApiProps } from '../../../lib/apic/data-api.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { Device } from '../../../lib/link/device.ts';
import { ForwardingRule } from '../../../lib/link/forwarding-rule.ts';
import { Product } from '../../../lib/link/product.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';
import { FORMS } from '../../injection/forms.ts';

export const ORIGINS = ['https://app.example.com', 'https://other.example.com'];
/** Forms that a group of its own answers with pasted values. */
export const PASTED: readonly string[] = ['quoted', 'like', 'list'];
/** Groups of one API each, whose functions a test replaces. */
const REPLACED = ['BrokenAuthorizer', 'SilentAuthorizer', 'EndingFunction'] as const;

/** What the user of the APIs is not to reach, as its own statements try it. */
export const FORBIDDEN = {
  Positions: 'SELECT Task FROM causeway.position',
  Quarantine: 'SELECT Reason FROM causeway.quarantine',
  Granted: 'SELECT Grantee FROM causeway.granted',
  Users: 'SELECT User FROM mysql.user',
  OtherTable: 'SELECT Word FROM Treasure',
  OtherInsert: "INSERT INTO Treasure VALUES ('x')",
  OtherDelete: 'DELETE FROM Treasure',
  ReadTableWritten: "INSERT INTO Spoken (Number, Text) VALUES (0, 'x')",
  ColumnAdded: 'ALTER TABLE Spaces ADD COLUMN Injected INT',
  TableDropped: 'DROP TABLE Spaces',
  TableMade: 'CREATE TABLE Injected (Id INT)',
  RightGiven: "GRANT ALL ON *.* TO 'causeway_api'@'%'",
  FileRead: "LOAD DATA INFILE '/etc/hostname' INTO TABLE Inbox (Text)",
} as const;

/** An integration to try the platform's refusals on. */
export default function trial(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const stack = new Integration(app, 'CausewayTrial', { platform });
  const owner = new IntegrationApp(stack, 'TrialOwner');
  new IntegrationApp(stack, 'TrialStranger');
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });
  const [spaces, inbox, spoken] = [tables.table('Spaces'), tables.table('Inbox'), tables.table('Spoken')];

  // One stack holds 500 resources.
  const faults = new Integration(app, 'CausewayTrialFaults', { platform });
  faults.addStackDependency(stack);
  const pasting = new ApiGroup(faults, 'Pasting');
  const group = new ApiGroup(stack, 'Trial', { cors: { origins: ORIGINS } });
  const api = (name: string, props: Partial<DataApiProps> & { readonly sql: string }) =>
    new DataApi(props.group === undefined ? stack : faults, name, {
      ...{ group, app: owner, path: `/${name.toLowerCase()}`, auth: 'none', reads: [spaces] },
      ...props,
    });
  for (const { name, sql, method, type } of FORMS) {
    const form = {
      path: `/injection/${name}`,
      parameters: { x: { in: method === undefined ? 'query' : 'body', required: true, ...(type && { type }) } },
      ...(method !== undefined && { method, writes: [spaces, inbox] }),
    } satisfies Partial<DataApiProps>;
    api(`Injection-${name}`, { ...form, sql });
    if (PASTED.includes(name)) {
      api(`Pasting-${name}`, { ...form, sql, group: pasting });
    }
  }
  const hidden = { sql: `SELECT Name FROM Spaces WHERE Public = 1 AND Name = '\${x}'` };
  api('InPath', { ...hidden, path: '/injection/path/{x}' });
  api('InHeader', { sql: hidden.sql.replace('x}', 'X-Value}'), parameters: { 'X-Value': { in: 'header' } } });
  for (const [name, sql] of Object.entries(FORBIDDEN)) {
    api(name, { sql, reads: [spaces, spoken] });
  }
  api('Slow', { sql: 'SELECT SLEEP(60) AS Slept' });
  api('Wide', { sql: "SELECT REPEAT('x', 1100000) AS Wide" });
  api('Closed', { sql: 'SELECT 1 AS One', cors: false });
  api('Owned', { auth: 'app', appCode: true, sql: 'SELECT 1 AS One' });
  api('Signed', {
    ...{ auth: 'app', method: 'POST', sql: 'SELECT ${text} AS Text' },
    parameters: { text: { in: 'body', required: true } },
  });
  api('Note', {
    ...{ method: 'POST', sql: 'SELECT ${text} AS Text, ${limit} AS Count' },
    parameters: {
      text: { in: 'body', required: true },
      limit: { in: 'query', type: 'integer', minimum: 1, maximum: 10, default: '1' },
    },
  });

  const trickle = new ApiGroup(faults, 'Trickle', { throttle: { rate: 1, burst: 1 }, cors: { origins: ['*'] } });
  api('Drop', { group: trickle, sql: 'SELECT 1 AS One' });
  for (const name of REPLACED) {
    // Whom anyone may call, no authorizer is asked about.
    const auth = name === 'EndingFunction' ? 'none' : 'app';
    api(`${name}Api`, { group: new ApiGroup(faults, name), path: '/', auth, sql: 'SELECT 1 AS One' });
  }

  const product = new Product(stack, 'Probe', {
    ...{ app: owner, manufacturer: { id: 'acme', name: 'Acme Probes' }, model: 'P-1' },
  });
  new Device(stack, 'P-001', { product });
  const topic = new Topic(stack, 'ProbeEvents', { app: owner, partitions: 1 });
  new ForwardingRule(stack, 'ProbeMessages', { product, topic });
  new RealtimeTask(stack, 'Spoken', {
    app: owner,
    source: { topic, fields: { Number: { path: 'data.number', type: 'integer' }, Text: 'data.text' } },
    target: { table: spoken, write: 'insert' },
    started: true,
  });
}
