import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../platform/acknowledge.ts';
import { Integration } from '../platform/integration.ts';
import { secretName } from '../platform/names.ts';
import { checkName, invalid } from '../platform/setting.ts';

export interface SignatureKeyProps {
  /**
   * 3 to 64 letters, digits, `_` or `-`; unique in its integration.
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * One or two, of 1 to 16 letters, digits or `-`: each has a secret of its own, and the first is the one that signs. A second one is made before a change, so that
   * backends know both when it becomes the first.
   * @default ['1']
   */
  readonly versions?: readonly string[];
}

/**
 * What requests to backends are signed with, so that these answer nobody else. Its secrets are made at deployment, into Secrets Manager, as JSON
 * `{key, secret}`; `key` is `<name>.<version>`, which every request names.
 */
export class SignatureKey extends Construct {
  readonly keyName: string;
  /** By version. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** The one that signs. */
  readonly secret: Secret;

  /** @throws InvalidSetting naming what cannot work */
  constructor(scope: Construct, id: string, props: SignatureKeyProps = {}) {
    super(scope, id);
    const { versions = ['1'] } = props;
    this.keyName = checkName(this, 'name', props.name ?? id, /^[\w-]{3,64}$/, '3 to 64 letters, digits, `_` or `-`');
    const [first, second, third] = versions;
    if (first === undefined || third !== undefined || first === second) {
      throw invalid(this, 'versions', versions, 'one version, or two different ones');
    }
    for (const version of versions) {
      checkName(this, 'versions', version, /^[A-Za-z0-9-]{1,16}$/, '1 to 16 letters, digits or `-`');
    }
    this.secrets = Object.fromEntries(versions.map((version) => [version, this.#secretOf(version)]));
    this.secret = this.secrets[first] as Secret;
  }

  #secretOf(version: string): Secret {
    const integration = Integration.of(this);
    const key = `${this.keyName}.${version}`;
    const secret = new Secret(this, `Secret-${version}`, {
      secretName: secretName(this, integration.settings, 'signature-key', key),
      description: `Signs requests to backends: ${key}`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ key }),
        generateStringKey: 'secret',
        passwordLength: 48,
        excludePunctuation: true,
      },
    });
    acknowledge(secret, {
      'AwsSolutions-SMG4': 'Backends hold it too: a change has two versions side by side, which no schedule can do.',
    });
    integration.showSecret(key, secret);

    return secret;
  }
}
