import type { RoleStatement } from './role-policies.ts';

/** Statements that no step can use on one machine. The test fails for one that applies to nothing, or to what a step does use. */
export interface UnusedHere {
  readonly why: string;
  /** Their roles, and all of their actions. */
  readonly role: RegExp;
  readonly actions: RegExp;
}

export const LOGS: UnusedHere = {
  why: 'Lambda and the other services write logs with the role; here they write files, and ask nobody',
  role: /./,
  actions: /^logs:(Create\w+|Put\w+|DescribeLog(Streams|Groups))$/,
};

/** Where no run waits for another, a function calls itself only for a run that is not done within its time limit. */
export const FOLLOWER: UnusedHere = {
  why: 'the run of what follows its source goes on in another invocation after two minutes',
  role: /NoteFollowerRunner/,
  actions: /^lambda:InvokeFunction$/,
};

export const SKIPPING: UnusedHere = {
  why: 'a run of sync goes on in another invocation after 15 minutes',
  role: /Sync-RowsRunner/,
  actions: /^lambda:InvokeFunction$/,
};

/** Actions that nobody asks for here, and why they stay. */
export const UNASKED: Readonly<Record<string, string>> = {
  'kinesis:ListStreams':
    'Lambda wants it of the role of a function that reads a stream; the local one does not check it',
  'dynamodb:ListStreams': 'the same, of a function that reads the stream of a table',
  'dynamodb:DescribeStream': 'asked for when a mapping is made, before the first step',
};

export function appliesTo(entry: UnusedHere, { role, actions }: RoleStatement): boolean {
  return entry.role.test(role) && actions.every((action) => entry.actions.test(action));
}
