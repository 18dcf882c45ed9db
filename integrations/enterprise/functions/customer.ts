import {
  type ApiFunction,
  CallRefused,
  type ParameterProps,
  type ParametersOf,
} from '../../../lib/apic/api-function.ts';

export const parameters = {
  id: { in: 'path', type: 'integer', minimum: 1 },
} as const satisfies Record<string, ParameterProps>;

interface Customer {
  readonly Id: number;
  readonly Name: string;
  readonly City: string;
  /** DECIMAL is text: a number would lose digits. */
  readonly Credit: string;
}

/** One customer; what the caller may not see stays out. */
const customer: ApiFunction<ParametersOf<typeof parameters>> = async ({ parameters: { id } }, { database }) => {
  const [found] = await database.query<Customer>`SELECT Id, Name, City, Credit FROM Customer WHERE Id = ${id}`;
  if (found === undefined) {
    throw new CallRefused(404, `There is no customer ${id}.`);
  }

  return { id: found.Id, name: found.Name, city: found.City, credit: found.Credit };
};

export default customer;
