/**
 * A refusal of an AWS API, named as AWS names it. The endpoint renders it in the protocol of the call; inside the
 * runtime it travels as an exception. Shape: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
 */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  /** More members of the error's body, such as `dbConnectionId`. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

/** Something about this machine or this state folder keeps the runtime from running; the message says what to do. */
export class LocalError extends Error {
  override readonly name: string = 'LocalError';
}

/** The template asks for what the runtime cannot run, or does not make sense as a template. */
export class TemplateError extends LocalError {
  override readonly name: string = 'TemplateError';
}

/** A resource could not be created, updated or removed. */
export class DeployError extends LocalError {
  override readonly name = 'DeployError';
  readonly stackName: string;
  readonly logicalId: string;

  constructor(where: { stack: string; logicalId: string; type: string }, reason: string, cause?: unknown) {
    super(`${where.stack}/${where.logicalId} (${where.type}): ${reason}`, cause === undefined ? undefined : { cause });
    this.stackName = where.stack;
    this.logicalId = where.logicalId;
  }
}
