import { expect, test } from '@jest/globals';
import { type Evidence, judge, type Row } from './judge.ts';
import { idIn, MALFORMED, nextMessage, payloadOf, type Sent } from './message.ts';
import { seededRandom } from './random.ts';

const random = seededRandom(5);
const isBad = ({ kind }: Sent) => (MALFORMED as readonly string[]).includes(kind);

/** Ten devices with 30 messages each, one in ten malformed; all acknowledged. */
function journal(): Sent[] {
  return Array.from({ length: 300 }, (_, at) =>
    Object.assign(
      nextMessage({ tag: 't1', device: `D-${at % 10}`, index: Math.floor(at / 10), malformed: 0.1, random }),
      { outcome: 'acknowledged' as const },
    ),
  );
}

/** A platform that kept its promise. */
function evidenceOf(sent: readonly Sent[]): Evidence & { history: Row[]; state: Row[] } {
  const history = sent
    .filter((one) => !isBad(one))
    .map(({ id, status }, at) => ({ id, status, traceId: `trace-${at}` }));
  const quarantine = sent.filter(isBad).map(({ id }) => ({ id, code: 'syntax', reason: 'it is not JSON' }));

  return {
    history,
    state: [...new Map(history.map((row) => [row.id, row])).values()],
    quarantine,
    ledger: {
      accepted: history.length + quarantine.length,
      written: history.length,
      quarantined: quarantine.length,
      ...{ inFlight: 0, lost: 0, doubled: 0 },
    },
  };
}

test('of a platform that kept its promise nothing is found', () => {
  const sent = journal();

  expect(judge(sent, evidenceOf(sent))).toMatchObject({ findings: [], acknowledged: 300, unknown: 0 });
});

test('what was cut off may be there or not', () => {
  const sent = journal();
  const there = evidenceOf(sent);
  const [first, second] = sent.filter(({ kind }) => kind === 'unique');
  for (const one of [first, second]) Object.assign(one ?? {}, { outcome: 'unknown' });
  const history = there.history.filter(({ id }) => id !== first?.id);
  const state = there.state.filter(({ id }) => id !== first?.id);
  const ledger = { ...there.ledger, accepted: there.ledger.accepted - 1, written: history.length };

  expect(judge(sent, { ...there, history, state, ledger })).toMatchObject({ findings: [], unknown: 2, arrived: 1 });
});

const HARMS: readonly (readonly [
  finding: RegExp,
  harm: (evidence: ReturnType<typeof evidenceOf>) => Partial<Evidence>,
])[] = [
  [/neither in the table nor/, ({ history }) => ({ history: history.slice(1) })],
  [/more than once/, ({ history }) => ({ history: [...history, ...history.slice(0, 1)] })],
  [
    /more than once/,
    ({ history, quarantine }) => ({ history: [...history, { ...(history[0] as Row), id: quarantine[0]?.id ?? '' }] }),
  ],
  [/out of order/, ({ history }) => ({ history: [...history.slice(1), ...history.slice(0, 1)] })],
  [/too few or too many rows/, ({ history }) => ({ history: history.filter(({ id }) => id !== 't1.D-3') })],
  [/never sent/, ({ history }) => ({ history: [...history, { ...(history[0] as Row), id: 't1.D-1/999' }] })],
  [
    /good and in the quarantine/,
    ({ quarantine }) => ({ quarantine: [...quarantine, { id: 't1.D-1/0', code: 'type', reason: 'no' }] }),
  ],
  [
    /without being known or without a reason/,
    ({ quarantine }) => ({ quarantine: quarantine.map((one) => ({ ...one, reason: '' })) }),
  ],
  [
    /not the one last reported/,
    ({ state }) => ({ state: state.map((row) => ({ ...row, status: row.status === '0' ? '1' : '0' })) }),
  ],
  [/not their newest row/, ({ state }) => ({ state: state.map((row) => ({ ...row, traceId: 'older' })) })],
  [/with a state and no row/, ({ state }) => ({ state: [...state, { id: 't1.D-1/999', status: '0', traceId: 'x' }] })],
  [/the ledger says/, ({ ledger }) => ({ ledger: { ...ledger, written: ledger.written + 1 } })],
  [/the ledger says/, ({ ledger }) => ({ ledger: { ...ledger, inFlight: 1 } })],
  [/the ledger says/, ({ ledger }) => ({ ledger: { ...ledger, accepted: ledger.accepted + 1 } })],
  [/the ledger says/, ({ ledger }) => ({ ledger: { ...ledger, doubled: 1 } })],
];

test.each(HARMS)('%s is found', (finding, harm) => {
  const sent = journal();
  const evidence = evidenceOf(sent);
  const { findings } = judge(sent, { ...evidence, ...harm(evidence) });

  expect(findings.join('\n')).toMatch(finding);
});

test.each(MALFORMED)('a message with %s can be told by its bytes', (kind) => {
  const sent: Sent = { device: 'D-1', index: 7, kind, id: 't1.D-1/7', status: '0', outcome: 'pending' };

  expect(idIn(payloadOf(sent), 't1')).toBe(sent.id);
});
