import type { ReplayClaim, ReplayClaims } from '../../core/link/replay-claim.ts';
import { documentTable } from './document-table.ts';
import { environment } from './environment.ts';

interface ClaimItem extends ReplayClaim {
  readonly topic: string;
}

/** No call has it. */
const FREE = '';

/** The claims of the replay table; one that was given back stays as an empty item, so that every change is a conditional one. */
export function replayClaims(): ReplayClaims {
  const table = documentTable<ClaimItem, 'topic'>(environment('REPLAY_TABLE'), ['topic']);
  const replace = (topic: string, claim: ReplayClaim, before: string) =>
    table.update<ClaimItem>({ topic }, { searched: {}, acknowledged: 0, ...claim }, { onlyIf: { claim: before } });

  return {
    async find(topic) {
      const item = await table.get({ topic });

      return item === undefined || item.claim === FREE ? undefined : item;
    },
    async take(topic, claim, instead) {
      const before = instead?.claim ?? FREE;

      return (
        (await replace(topic, claim, before)) ||
        (instead === undefined && (await table.put({ topic, ...claim }, { ifAbsent: true })))
      );
    },
    change: (topic, claim) => replace(topic, claim, claim.claim),
    giveBack: (topic, { claim, at, until }) => replace(topic, { claim: FREE, at, until, keys: [] }, claim),
  };
}
