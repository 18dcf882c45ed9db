import type { Template } from './template.ts';

export const typescriptFunction: Template = {
  summary: 'a function in TypeScript',
  file: ({ kebab }) => `functions/${kebab}.ts`,
  text: (_name, library) => `import {
  type ApiFunction,
  CallRefused,
  type ParameterProps,
  type ParametersOf,
} from '${library('apic/api-function.ts')}';

export const parameters = {
  name: { in: 'query', required: true, maxLength: 100, description: 'whom to greet' },
} as const satisfies Record<string, ParameterProps>;

const run: ApiFunction<ParametersOf<typeof parameters>> = async ({ parameters }, { database }) => {
  const { name } = parameters;
  if (name.trim() === '') {
    throw new CallRefused(400, 'A name is no blank.');
  }
  const [row] = await database.query<{ Now: string }>\`SELECT UTC_TIMESTAMP() AS Now\`;

  return { greeting: \`Hello \${name}!\`, now: row?.Now };
};

export default run;
`,
  stack: ({ kebab, pascal, camel }, library) => ({
    imports: [
      `import { FunctionApi } from '${library('apic/function-api.ts')}';`,
      `import { parameters as ${camel}Parameters } from './functions/${kebab}.ts';`,
    ],
    statements: `new FunctionApi(this, '${pascal}', {
  app,
  group,
  path: '/${kebab}',
  appCode: true,
  parameters: ${camel}Parameters,
  code: \`\${import.meta.dirname}/functions/${kebab}.ts\`,
});`,
  }),
  trial: ({ pascal }) => `backend test GROUP/${pascal} -p name=Ada`,
};
