import {
  type ApiFunction,
  CallRefused,
  type ParameterProps,
  type ParametersOf,
} from '../../../lib/apic/api-function.ts';

export const parameters = {
  id: { in: 'path', type: 'integer', minimum: 1 },
  cents: { in: 'body', type: 'integer', required: true, minimum: 1, maximum: 1_000_000 },
} as const satisfies Record<string, ParameterProps>;

/** Takes an amount off a customer's credit, which never gets below nothing; the row is locked, so two charges at once cannot both take the last of it. */
const charge: ApiFunction<ParametersOf<typeof parameters>> = async ({ parameters: { id, cents } }, context) => {
  const { database, log, app } = context;
  const credit = await database.transaction(async (statements) => {
    const [row] = await statements.query<{ Cents: number }>`
      SELECT CAST(Credit * 100 AS SIGNED) AS Cents FROM Customer WHERE Id = ${id} FOR UPDATE`;
    if (row === undefined) {
      throw new CallRefused(404, `There is no customer ${id}.`);
    }
    if (row.Cents < cents) {
      throw new CallRefused(409, `The credit of customer ${id} is ${row.Cents} cents.`, { code: 'CREDIT.TOO_LOW' });
    }
    await statements.execute`UPDATE Customer SET Credit = Credit - ${cents} / 100 WHERE Id = ${id}`;

    return row.Cents - cents;
  });
  log.info('charged', { customer: id, cents, by: app });

  return { status: 201, headers: { Location: `/customers/${id}` }, body: { customer: id, credit } };
};

export default charge;
