import { describeSecret, stagesByVersion } from '../description.ts';
import { operation } from '../operation.ts';

interface ListSecrets {
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** The token is the last name of the page before. Filters are not served: a list of one machine is short. */
export const listSecrets = operation<ListSecrets>('ListSecrets', {
  input: { MaxResults: { type: 'integer', min: 1, max: 100 }, NextToken: { type: 'string', min: 1, max: 4096 } },
  resource: () => '*',
  async run({ MaxResults = 100, NextToken = '' }, store) {
    const rest = store.all().filter(({ name }) => name > NextToken);
    const page = rest.slice(0, MaxResults);

    return {
      SecretList: page.map((secret) => ({
        ...describeSecret(secret),
        SecretVersionsToStages: stagesByVersion(secret),
      })),
      ...(rest.length > page.length && { NextToken: page.at(-1)?.name }),
    };
  },
});
