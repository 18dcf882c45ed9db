import { arn } from '../account.ts';
import { evaluate } from '../iam/evaluate.ts';
import { readPolicy } from '../iam/policy.ts';

type IotAction = 'iot:Connect' | 'iot:Publish' | 'iot:RetainPublish' | 'iot:Subscribe' | 'iot:Receive';

const RESOURCES: Readonly<Record<IotAction, string>> = {
  'iot:Connect': 'client',
  'iot:Publish': 'topic',
  'iot:RetainPublish': 'topic',
  'iot:Subscribe': 'topicfilter',
  'iot:Receive': 'topic',
};

/** Devices use few topics; a client that uses many must not fill the memory. */
const REMEMBERED = 1000;

/** @param name a client id, a topic or a topic filter, as the action wants */
export type Allows = (action: IotAction, name: string) => boolean;

/**
 * The policies an authorizer gave a connection. Judged once per action and resource, since a device repeats itself.
 * Policy variables are not filled in: whether AWS fills them for custom authorizers is not documented, so they match nothing.
 * Throws `TemplateError` for a document that cannot be read.
 */
export function iotPolicy(documents: readonly unknown[]): Allows {
  const statements = documents.flatMap((document, i) => readPolicy(`document ${i + 1}`, document));
  const known = new Map<string, boolean>();

  return (action, name) => {
    const resource = arn('iot', `${RESOURCES[action]}/${name}`);
    const key = `${action} ${resource}`;
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const allowed = evaluate(statements, { action, resource, keys: {} }) === 'allowed';
    if (known.size < REMEMBERED) known.set(key, allowed);

    return allowed;
  };
}
