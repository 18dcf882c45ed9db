import type { ShardMemory, TaskDatabase } from '../../../core/fdi/shard-writer.ts';
import type { Parameter } from '../../../core/fdi/statement.ts';

/** The numbers `n` of rows and quarantined records: enough of a database to watch a writer. */
interface State {
  rows: string[];
  quarantine: string[];
  position: string | undefined;
  lease: string;
}

/** A database of one shard in memory, with transactions. `fail` may throw at any statement. */
export class Ledger implements TaskDatabase {
  state: State = { rows: [], quarantine: [], position: undefined, lease: '' };
  readonly calls: string[] = [];
  fail: (call: string, rows: readonly string[]) => void = () => undefined;
  /** How long a call is on its way, and its answer. */
  delay: (call: string, rows: readonly string[]) => { readonly there?: Promise<void>; readonly back?: Promise<void> } =
    () => ({});
  /** What it has against the function that moves a position. */
  functionFault: Error | undefined;
  readonly #open = new Map<string, State | undefined>();
  #begun = 0;

  async begin(): Promise<string> {
    this.#note('begin');
    this.#begun += 1;
    this.#open.set(`t${this.#begun}`, undefined);

    return `t${this.#begun}`;
  }

  async commit(id: string): Promise<void> {
    this.#note('commit');
    const { lease } = this.state;
    this.state = { ...this.#of(id), lease };
    this.#open.delete(id);
  }

  async rollback(id: string): Promise<void> {
    this.calls.push(`rollback ${id}`);
    this.#open.delete(id);
  }

  async execute(sql: string, parameters: readonly Parameter[], { transactionId = '' } = {}) {
    const values = Object.fromEntries(parameters.map(({ name, value }) => [name, Object.values(value)[0]]));
    const [call, run] = statementOf(sql);
    const ids = values['rows'] === undefined ? [] : idsOf(String(values['rows']));
    const { there, back } = this.delay(call, ids);
    await there;
    const state = transactionId === '' ? this.state : this.#of(transactionId);
    this.#note(call, ids);
    if (values['bad'] !== undefined) {
      this.#advanceWithin(state, values);
    }
    const answer = { updated: 0, rows: [], ...run(state, values) };
    await back;

    return answer;
  }

  /** A transaction sees what was committed before its first statement. */
  #of(transactionId: string): State {
    const state = this.#open.get(transactionId) ?? structuredClone(this.state);
    this.#open.set(transactionId, state);

    return state;
  }

  /** As the function does: it moves the position and sets bad records aside, or the statement it is called in fails. */
  #advanceWithin(state: State, values: Record<string, unknown>): void {
    const bad = String(values['bad']);
    if (this.functionFault !== undefined) {
      throw this.functionFault;
    }
    if (bad !== '') {
      this.fail('quarantine', idsOf(bad));
    }
    if (advance(state, values).updated === 0) {
      throw engineError('the batch overlaps what is written', 1644);
    }
    if (bad !== '') {
      add(state.quarantine, bad);
    }
  }

  #note(call: string, rows: readonly string[] = []): void {
    this.calls.push(call);
    this.fail(call, rows);
  }
}

export function engineError(message: string, errno: number): Error {
  const text = `${message}; Error code: ${errno}; SQLState: 23000`;

  return Object.assign(new Error(text), { name: 'DatabaseErrorException' });
}

export function memory(): ShardMemory {
  return { task: 'ParkingHistory', epoch: 1, shard: 'shardId-000000000000', opened: false, busyMs: 0 };
}

type Run = (state: State, values: Record<string, unknown>) => { updated?: number; rows?: Record<string, unknown>[] };

const STATEMENTS: readonly (readonly [start: string, call: string, run: Run])[] = [
  [
    'SELECT\n',
    'state',
    ({ position, lease }) => found({ positions: position === undefined ? 0 : 1, transactionId: lease }),
  ],
  ['SELECT causeway.advance', 'alone', () => ({})],
  ['SELECT Seq', 'position', ({ position }) => (position === undefined ? {} : found({ seq: position }))],
  ['INSERT INTO causeway.position', 'open', (state) => set(state, { position: '' })],
  ['INSERT INTO causeway.lease', 'lease', (state, { transaction }) => set(state, { lease: String(transaction) })],
  ['INSERT INTO causeway.quarantine', 'quarantine', (state, { rows }) => add(state.quarantine, rows)],
  ['INSERT INTO `', 'rows', (state, { rows }) => add(state.rows, rows)],
  ['UPDATE causeway.position', 'advance', advance],
];

function found(row: Record<string, unknown>): ReturnType<Run> {
  return { rows: [row] };
}

function set(state: State, change: Partial<State>): ReturnType<Run> {
  Object.assign(state, change);

  return {};
}

function add(list: string[], rows: unknown): ReturnType<Run> {
  list.push(...idsOf(String(rows)));

  return {};
}

function advance(state: State, { first, last, behind = '' }: Record<string, unknown>): { updated: number } {
  const { position } = state;
  const isElsewhere = behind !== '' && behind !== position;
  if (position === undefined || isElsewhere || (first !== undefined && position >= String(first))) {
    return { updated: 0 };
  }
  state.position = String(last);

  return { updated: 1 };
}

function statementOf(sql: string): readonly [string, Run] {
  const [, call = sql, run = () => ({})] = STATEMENTS.find(([start]) => sql.startsWith(start)) ?? [];

  return [call, run];
}

function idsOf(rows: string): string[] {
  return (JSON.parse(rows) as string[][]).map(([id = '']) => id.replace(/^0+(?=\d)/, ''));
}
