import { CustomResource, Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { HandlerFunction } from './handler-function.ts';

export interface ProvidedResourceProps {
  /** The function CloudFormation calls. */
  readonly provider: HandlerFunction;
  /** Shown in the template and in events: `Devices` → `Custom::CausewayDevices`. */
  readonly kind: string;
  /** What the provider gets; CloudFormation turns every number and boolean into text. */
  readonly properties: Readonly<Record<string, unknown>>;
  /**
   * How long CloudFormation waits for the answer.
   * @default Duration.minutes(5); CloudFormation's own is an hour, which a provider that dies would use up
   */
  readonly timeout?: Duration;
}

/** A resource that one of our own functions creates, updates and deletes. */
export class ProvidedResource extends CustomResource {
  constructor(scope: Construct, id: string, props: ProvidedResourceProps) {
    super(scope, id, {
      serviceToken: props.provider.arn,
      serviceTimeout: props.timeout ?? Duration.minutes(5),
      resourceType: `Custom::Causeway${props.kind}`,
      properties: { ...props.properties },
    });
  }
}
