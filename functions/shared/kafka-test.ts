import { InvalidSetting } from '../../core/errors.ts';
import type { KafkaAccess } from '../../core/fdi/kafka-feed.ts';
import { kafkaProblem } from '../../core/fdi/service-problem.ts';
import { checked, type SourceCheck } from '../../core/fdi/source-check.ts';
import { codeBeside } from './code-beside.ts';
import type { KafkaDriver, KafkaLogin } from './kafka-driver.ts';
import { readSecretText } from './secrets.ts';
import type { TestSide } from './side-test.ts';

const MECHANISMS = {
  BASIC_AUTH: 'plain',
  SASL_SCRAM_256_AUTH: 'scram-sha-256',
  SASL_SCRAM_512_AUTH: 'scram-sha-512',
} as const;
const IN_VPC =
  "its brokers are in a network that Lambda's pollers are let into, and functions are not; a start of the task shows it (causeway task show, and the state of its event source mapping)";
const ONLY_POLLERS =
  "reading is done by Lambda's pollers, in the task's consumer group, and another reader would get into their way; a start of the task shows it";

/**
 * Tries that the brokers of a task's topic are reached and let it in, that its topic is there and that its consumer group may be asked for. Joining the
 * group is left to the pollers.
 */
export const testKafkaFeed: TestSide = async ({ feed }, { now }) => {
  if (feed === undefined || !('kafka' in feed)) {
    throw new InvalidSetting('feed', feed, 'a topic of Kafka');
  }
  const { brokers, access, topic, group } = feed.kafka;
  const checking = { now, problemOf: kafkaProblem };
  if (brokers === undefined || access.some(({ type }) => type.startsWith('VPC_'))) {
    return [await checked(checking, `reads ${topic}`, async () => ({ unproved: IN_VPC }))];
  }
  const { openKafka } = await codeBeside<KafkaDriver>('drivers/kafka.mjs');
  const checks: SourceCheck[] = [];
  let kafka: ReturnType<KafkaDriver['openKafka']> | undefined;
  const steps = [
    ['connects', async () => connect(brokers, access)],
    [`knows ${topic}`, async () => void (await kafka?.partitions(topic))],
    [`may ask for the group ${group}`, async () => void (await kafka?.place(group, topic))],
    [`reads ${topic}`, async () => ({ unproved: ONLY_POLLERS })],
  ] as const;
  try {
    for (const [what, step] of steps) {
      const check = await checked(checking, what, async () => (await step()) ?? undefined);
      checks.push(check);
      if (!check.ok) {
        break; // what comes next would fail for the same reason
      }
    }
  } finally {
    await kafka?.close().catch(() => undefined);
  }

  return checks;

  async function connect(own: readonly string[], by: readonly KafkaAccess[]): Promise<undefined> {
    kafka = openKafka(own, await kafkaLogin(by));
    await kafka.connect();
  }
};

/** As Lambda's pollers log in: with a login, or with a CA, over TLS; in clear text without. Ref: lambda/latest/dg/kafka-cluster-auth */
export async function kafkaLogin(access: readonly KafkaAccess[]): Promise<KafkaLogin> {
  const secretOf = async (type: string) => {
    const uri = access.find((one) => one.type === type)?.uri;

    return uri === undefined ? undefined : fieldsOf(type, await readSecretText(uri));
  };
  const ca = await secretOf('SERVER_ROOT_CA_CERTIFICATE');
  const client = await secretOf('CLIENT_CERTIFICATE_TLS_AUTH');
  let sasl: KafkaLogin['sasl'];
  for (const [type, mechanism] of Object.entries(MECHANISMS)) {
    const secret = await secretOf(type);
    if (secret !== undefined) {
      sasl = { mechanism, username: secret.text('username'), password: secret.text('password') };
    }
  }
  if (ca === undefined && client === undefined && sasl === undefined) {
    return {};
  }
  const passphrase = client?.optional('privateKeyPassword');

  return {
    tls: {
      ...(ca && { ca: ca.text('certificate') }),
      ...(client && { cert: client.text('certificate'), key: client.text('privateKey') }),
      ...(passphrase !== undefined && { passphrase }),
    },
    ...(sasl && { sasl }),
  };
}

function fieldsOf(type: string, text: string | undefined) {
  const fields = parsed(text);
  const optional = (name: string) => (typeof fields?.[name] === 'string' ? fields[name] : undefined);

  return {
    optional,
    text(name: string): string {
      const value = optional(name);
      if (value === undefined || value === '') {
        throw new InvalidSetting(`secret of the cluster (${type})`, name, 'a JSON object with a text of this name');
      }

      return value;
    },
  };
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null');

    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
