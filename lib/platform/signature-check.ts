import { Construct } from 'constructs';
import type { Environment } from './environment.ts';
import { HandlerFunction } from './handler-function.ts';
import { secretsArn } from './names.ts';
import type { Tables } from './tables.ts';

/** Why two kinds of functions may read the secret of every app. */
const ANY_APP = 'Whoever calls is known by a secret of an app, which any stack of the environment may hold.';

/** Lets a function decide about calls: it knows every app and reads the secret of the one that calls. */
export function grantAppSecrets(
  handler: HandlerFunction,
  environment: Environment,
  tables: Tables,
  access: 'get' | 'pair' = 'get',
): void {
  tables.grantApps(handler, access);
  handler.allow(['secretsmanager:GetSecretValue'], [secretsArn(handler, environment, 'app')], { because: ANY_APP });
}

/**
 * Answers whether a signature is right, and nothing else. Functions that run what integrations declare ask it, because they may not read
 * the secrets of apps themselves.
 */
export class SignatureCheck extends Construct {
  /** May remember used signatures where an integration lets it. */
  readonly verify: HandlerFunction;

  constructor(scope: Construct, id: string, environment: Environment, tables: Tables) {
    super(scope, id);
    this.verify = new HandlerFunction(this, 'Verify', {
      environment,
      entry: 'apic/verify-signature',
      description: 'Answers whether the signature of a call is right',
      memory: 1024,
    });
    grantAppSecrets(this.verify, environment, tables);
    this.verify.variable('NONCE_TABLE', tables.nonces.tableName);
  }

  grantAsk(handler: HandlerFunction): void {
    handler.variable('SIGNATURE_FUNCTION', this.verify.arn).allow(['lambda:InvokeFunction'], [this.verify.arn]);
  }
}
