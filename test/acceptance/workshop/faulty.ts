import type { ApiFunction } from '../../../lib/apic/api-function.ts';

const ways: Readonly<Record<string, ApiFunction>> = {
  error: () => {
    throw new TypeError('the password is hunter2');
  },
  text: () => {
    throw 'the password is hunter2';
  },
  sql: (_request, { database }) => database.query`SELECT Secret FROM hunter2`,
  late: (_request, { database }) =>
    database.transaction(async (statements) => {
      await statements.execute`UPDATE Customer SET Credit = 1000 WHERE Id = 2`;
      await new Promise(() => undefined);
    }),
  greedy: () => {
    const hoard: object[] = [];
    for (;;) {
      hoard.push(new Array(5_000_000).fill(hoard.length));
    }
  },
  endless: () => {
    for (;;);
  },
};

/** Goes wrong in the way it is asked to. */
const faulty: ApiFunction = (request, context) => ways[String(request.parameters['how'])]?.(request, context);

export default faulty;
