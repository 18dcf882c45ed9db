import { InvalidSetting } from '../../core/errors.ts';

/** The environment variables our stacks give to our functions, beside those of Lambda itself. */
export type EnvironmentName =
  | 'CAUSEWAY_ENVIRONMENT'
  | 'DEVICE_TABLE'
  | 'APP_TABLE'
  | 'NONCE_TABLE'
  | 'APP_SECRET_FOLDER'
  | 'CATALOG_TABLE'
  | 'COMMAND_TABLE'
  | 'REFUSAL_TABLE'
  | 'DATABASE_CLUSTER_ARN'
  | 'DATABASE_SECRET_ARN'
  | 'DATABASE_NAME'
  | 'ALARM_PREFIX'
  | 'DATABASE_SECRETS'
  | 'MQTT_DOMAIN_CONFIGURATION'
  | 'SIGNATURE_FUNCTION'
  | 'EXPLAIN_FUNCTION'
  | 'CUSTOM_AUTHORIZERS'
  | 'SIGNATURE_KEYS'
  | 'ERROR_STORE'
  | 'REPLAY_TABLE'
  | 'TOPIC_STREAM'
  | 'AFTER_TASKS'
  | 'SOURCE_URL'
  | 'TARGET_URL'
  | 'SOURCE_SECRET_ARN'
  | 'TARGET_SECRET_ARN'
  | 'SOURCE_TOKEN_URL'
  | 'TARGET_TOKEN_URL'
  | 'SOURCE_BUCKET'
  | 'LAMBDA_TASK_ROOT';

/**
 * The value of one environment variable. `CAUSEWAY_ENVIRONMENT` may be empty (the nameless environment); all others hold a value.
 *
 * @throws InvalidSetting naming the variable when the stack did not set it
 */
export function environment(name: EnvironmentName): string {
  const value = process.env[name];
  if (value === undefined || (value === '' && name !== 'CAUSEWAY_ENVIRONMENT')) {
    throw new InvalidSetting(`environment variable ${name}`, value, 'the value its stack sets on the function');
  }

  return value;
}
