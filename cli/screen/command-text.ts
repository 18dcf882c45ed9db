import type { DeviceCommand } from '../management/commands.ts';
import type { Output } from './output.ts';

/** Everything there is to know of a command. */
export function commandText(output: Pick<Output, 'pairs'>, sent: DeviceCommand): string {
  const { id, product, device, service, command, params, mode, status, response } = sent;

  return output.pairs([
    ['command', id],
    ['device', `${product} ${device}`],
    ['what', `${service}.${command} ${JSON.stringify(params)}`],
    ['mode', mode],
    ['status', status],
    ...(sent.reason === undefined ? [] : ([['reason', sent.reason]] as const)),
    ...(sent.errcode === undefined ? [] : ([['errcode', sent.errcode]] as const)),
    ...(response === undefined ? [] : ([['response', JSON.stringify(response)]] as const)),
    ['made', sent.createdAt],
    ...(status === 'pending' ? ([['waits until', sent.expiresAt]] as const) : []),
    ['sent', sent.sentAt],
    ...(status === 'sent' ? ([['may answer until', sent.answerBy]] as const) : []),
    ['answered', sent.answeredAt],
    ['by', sent.by],
  ]);
}
