import { int, literal, object, optional, record, safeParse, string, unknown } from 'zod/mini';
import { type CommandRecord, commandId, responseProblem, statusAt } from './command.ts';
import type { CommandKey, DeliverPorts } from './deliver-commands.ts';
import { commandResponseTopic } from './device-topics.ts';
import type { ThingProperties } from './thing-model.ts';

export type RecordResponsePorts = Pick<DeliverPorts, 'findCommand' | 'updateCommand' | 'now'>;

/** What the broker says of an answer. */
export interface ReceivedResponse {
  /** The connection that it came on. */
  readonly clientId: string;
  readonly topic: string;
  readonly payload: string;
}

/** What became of an answer; those that are not believed change nothing. */
export type ResponseOutcome =
  | { readonly believed: true; readonly command: CommandRecord; readonly status: 'answered' | 'failed' }
  | { readonly believed: false; readonly reason: string; readonly command?: CommandRecord; readonly mid?: number };

const deviceResponse = object({
  msgType: literal('deviceRsp'),
  mid: int(),
  errcode: int(),
  body: optional(record(string(), unknown())),
});

/**
 * Matches an answer with its command: the one of this number on this very connection, sent, and not answered yet, while its time runs.
 * Everything else is not believed.
 */
export async function recordResponse(
  { findCommand, updateCommand, now }: RecordResponsePorts,
  { clientId, topic, payload }: ReceivedResponse,
): Promise<ResponseOutcome> {
  if (topic !== commandResponseTopic(clientId)) {
    return { believed: false, reason: 'published by another client' };
  }
  const response = parsed(payload);
  if (response === undefined) {
    return { believed: false, reason: 'no answer to a command' };
  }
  const { mid, errcode, body } = response;
  const key: CommandKey = { clientId, id: commandId(mid) };
  const command = await findCommand(key);
  if (command === undefined) {
    return { believed: false, reason: 'unknown mid', mid };
  }
  const at = now().getTime();
  const standing = statusAt(command, at);
  if (standing !== 'sent') {
    return { believed: false, reason: REASONS[standing], command, mid };
  }
  const problem =
    errcode === 0 ? responseProblem(JSON.parse(command.responseRules) as ThingProperties, body) : undefined;
  const reason =
    problem === undefined ? `the device answered errcode ${errcode}` : `its answer breaks the model: ${problem}`;
  const status = errcode === 0 && problem === undefined ? 'answered' : 'failed';
  const changes = {
    status,
    answeredAt: at,
    errcode,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(status === 'answered' ? {} : { reason }),
  } as const;
  if (!(await updateCommand(key, changes, { status: 'sent' }))) {
    return { believed: false, reason: 'another was faster, or it came too late', command, mid };
  }

  return { believed: true, command: { ...command, ...changes }, status };
}

const REASONS = {
  pending: 'not sent yet',
  answered: 'answered already',
  failed: 'answered already',
  'timed-out': 'too late',
  expired: 'never sent',
} as const;

function parsed(payload: string) {
  try {
    const { success, data } = safeParse(deviceResponse, JSON.parse(payload));

    return success ? data : undefined;
  } catch {
    return undefined;
  }
}
