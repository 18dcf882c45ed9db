import { object, safeParse, string } from 'zod/mini';
import { type RecordResponsePorts, recordResponse } from '../../core/link/command-response.ts';
import { commandStore } from '../shared/command-table.ts';
import { logger } from '../shared/logger.ts';

/** What the platform's rule hands over of a message. */
const received = object({ raw: string(), clientId: string(), topic: string(), traceId: string() });

/** Answers of devices to commands, as they come: those that are believed are stored, the others are logged. */
export const handler = commandResponse(commandStore);

/** Throws when an answer could not be stored, so that Lambda tries it again. */
export function commandResponse(portsOf: () => RecordResponsePorts): (payload: unknown) => Promise<void> {
  return async (payload) => {
    const { success, data } = safeParse(received, payload);
    if (!success) {
      logger.warn('not a message of the rule', { payload });
      return;
    }
    const { raw, clientId, topic, traceId } = data;
    const outcome = await recordResponse(portsOf(), {
      clientId,
      topic,
      payload: Buffer.from(raw, 'base64').toString('utf8'),
    });
    const { command } = outcome;
    const about =
      command === undefined ? {} : { product: command.product, device: command.deviceId, command: command.command };
    if (!outcome.believed) {
      logger.warn('answer not believed', { reason: outcome.reason, clientId, mid: outcome.mid, ...about, traceId });
      return;
    }
    const { status, errcode, mid } = outcome.command;
    logger.info('command answered', { clientId, mid, ...about, status, errcode, traceId });
  };
}
