import type { Template } from './template.ts';

export const data: Template = {
  summary: 'a statement, published as an API',
  file: ({ kebab }) => `data/${kebab}.ts`,
  text: (_name, library) => `import type { ParameterProps } from '${library('apic/parameter-props.ts')}';

export const parameters = {
  name: { in: 'query', description: 'a part of the name' },
  limit: { in: 'query', type: 'integer', default: '100', minimum: 1, maximum: 2000 },
} as const satisfies Record<string, ParameterProps>;

/**
 * A parameter is bound, never pasted in; what stands in [ ] is left out when its parameter is absent. In place of Example goes a table of a
 * \`Migrations\`, which the construct then names in \`reads\`.
 */
export const sql = \`
  SELECT Example.Id, Example.Name
  FROM (SELECT 1 AS Id, 'Ada' AS Name UNION ALL SELECT 2, 'Grace') AS Example
  WHERE 1 = 1 [AND Example.Name LIKE '%\\\${name}%']
  ORDER BY Example.Id LIMIT \\\${limit}\`;
`,
  stack: ({ kebab, pascal, camel }, library) => ({
    imports: [
      `import { DataApi } from '${library('apic/data-api.ts')}';`,
      `import * as ${camel}Data from './data/${kebab}.ts';`,
    ],
    statements: `new DataApi(this, '${pascal}', {
  ...${camel}Data,
  app,
  group,
  path: '/${kebab}',
  appCode: true,
  reads: [],
});`,
  }),
  trial: ({ pascal }) => `backend test GROUP/${pascal} -p name=Ada`,
};
