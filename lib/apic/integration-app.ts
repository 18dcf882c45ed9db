import { CfnOutput } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../platform/acknowledge.ts';
import { Integration } from '../platform/integration.ts';
import { outputId, secretName } from '../platform/names.ts';
import { ProvidedResource } from '../platform/provided-resource.ts';
import { checkName } from '../platform/setting.ts';

/** An app as the constructs it owns or calls see it. */
export interface IIntegrationApp {
  readonly appName: string;
}

export interface IntegrationAppProps {
  /**
   * 3 to 64 letters, digits, `_` or `-`; unique in the environment.
   * @default - the construct's id
   */
  readonly name?: string;
}

/**
 * Who owns topics, devices and APIs, and who calls APIs. Its key, secret and AppCode are made at deployment, into Secrets Manager; no template and
 * no log holds them.
 */
export class IntegrationApp extends Construct implements IIntegrationApp {
  readonly appName: string;
  /** JSON `{key, secret, appCodes}`. */
  readonly secret: Secret;

  constructor(scope: Construct, id: string, props: IntegrationAppProps = {}) {
    super(scope, id);
    const integration = Integration.of(this);
    const { platform, settings } = integration;
    this.appName = checkName(this, 'name', props.name ?? id, /^[\w-]{3,64}$/, '3 to 64 letters, digits, `_` or `-`');
    this.secret = new Secret(this, 'Secret', {
      secretName: secretName(this, settings, 'app', this.appName),
      description: `Credentials of the app ${this.appName}`,
    });
    acknowledge(this.secret, {
      'AwsSolutions-SMG4':
        'Callers hold the credentials, so a schedule would cut them off; both sides change together.',
    });

    const { secretArn } = this.secret;
    const allowed = [
      integration.allow('provisionApp', {
        actions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
        resources: [secretArn],
      }),
      integration.allow('manageApps', {
        actions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
        resources: [secretArn],
      }),
    ];
    const credentials = new ProvidedResource(this, 'Credentials', {
      provider: platform.providers.app,
      kind: 'App',
      properties: { App: this.appName, SecretArn: secretArn },
    });
    credentials.node.addDependency(...allowed);
    integration.catalog.add(this, 'app', this.appName, { secretArn });
    new CfnOutput(this, 'Output', {
      value: integration.toJsonString({ app: this.appName, secret: secretArn }),
    }).overrideLogicalId(outputId('App', this.appName));
  }
}
