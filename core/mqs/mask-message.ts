import { Buffer, isUtf8 } from 'node:buffer';
import { decodeEnvelope, type Envelope } from './envelope.ts';
import { maskFields } from './mask-fields.ts';

/** A device's message on its way into a topic with filter fields: as its rule hands it over, or as the rule reports it failed. */
export type IntakeEvent =
  | { readonly kind: 'message'; readonly envelope: Envelope }
  | { readonly kind: 'failed'; readonly report: FailureReport }
  | { readonly kind: 'unknown'; readonly problem: string };

/** What the rules engine writes about a failed action. D:iot/latest/developerguide/rule-error-handling */
export interface FailureReport {
  readonly ruleName: string;
  readonly topic: string;
  readonly cloudwatchTraceId: string;
  readonly clientId: string;
  readonly base64OriginalPayload: string;
  readonly failures: readonly {
    readonly failedAction: string;
    readonly failedResource: string;
    readonly errorMessage: string;
  }[];
}

/** The action that is said to have failed where a payload could not be masked: then nothing of it is kept. */
export const MASK_ACTION = 'MaskFields';

export function readIntakeEvent(event: unknown): IntakeEvent {
  const text = JSON.stringify(event) ?? '';
  const report = event as Partial<FailureReport> | null;
  if (typeof report?.base64OriginalPayload === 'string' && Array.isArray(report.failures)) {
    return { kind: 'failed', report: report as FailureReport };
  }
  const envelope = decodeEnvelope(Buffer.from(text, 'utf8').toString('base64'));

  return typeof envelope === 'string' ? { kind: 'unknown', problem: envelope } : { kind: 'message', envelope };
}

/** The payload, in base64, with its fields masked; undefined where it cannot be. */
export function maskedPayload(base64: string, fields: readonly string[]): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  const text = isUtf8(bytes) ? maskFields(bytes.toString('utf8'), fields) : undefined;

  return text === undefined ? undefined : Buffer.from(text, 'utf8').toString('base64');
}

/** What the error store keeps of a message that did not get into its topic. */
export function intakeFailure(
  { envelope, rule, topic }: { readonly envelope: Envelope; readonly rule: string; readonly topic: string },
  failure: { readonly action: string; readonly reason: string; readonly payload: string },
): FailureReport {
  const { productId, deviceId, clientId, traceId } = envelope;

  return {
    ruleName: rule,
    topic: `${productId}/out/${deviceId}`,
    cloudwatchTraceId: traceId,
    clientId,
    base64OriginalPayload: failure.payload,
    failures: [{ failedAction: failure.action, failedResource: topic, errorMessage: failure.reason }],
  };
}

/** The same of a report of the rules engine, whose payload is the device's own: masked, or left out. */
export function maskedReport(report: FailureReport, fields: readonly string[], topic: string): FailureReport {
  const payload = maskedPayload(report.base64OriginalPayload, fields);
  if (payload !== undefined) {
    return { ...report, base64OriginalPayload: payload };
  }
  const failure = {
    failedAction: MASK_ACTION,
    failedResource: topic,
    errorMessage: unmaskable(report.base64OriginalPayload),
  };

  return { ...report, base64OriginalPayload: '', failures: [...report.failures, failure] };
}

export function unmaskable(base64: string): string {
  const { length } = Buffer.from(base64, 'base64');

  return `The payload of ${length} bytes is not JSON in UTF-8, so its fields cannot be masked: nothing of it is kept.`;
}

/** Where the error store keeps it, as a rule would: `<product>/<device>/<time>-<id>.<topic>.json`. */
export function failureKey({ topic: mqtt }: FailureReport, topic: string, time: number, id: string): string {
  const [productId = '', , deviceId = ''] = mqtt.split('/');

  return `${productId}/${deviceId}/${time}-${id}.${topic}.json`;
}
