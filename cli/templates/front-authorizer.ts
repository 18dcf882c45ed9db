import type { Template } from './template.ts';

/** Apart from the scripts of the folder that is published whole: nobody is to call it. */
export const frontAuthorizer: Template = {
  summary: 'a script that decides who may call',
  file: ({ kebab }) => `authorizers/${kebab}.js`,
  text: () => `// Lets through whoever sends the right x-auth. An authorizer sees headers and queryStringParameters, and body and user_data
// where its construct says so.
function execute(data) {
  var request = JSON.parse(data).body;
  if (request.headers['x-auth'] === '#{token}') {
    // The context reaches the backend; that of a denial reaches nobody.
    return { status: 'allow', context: { user: 'partner' } };
  }
  return { status: 'deny', context: { reason: 'x-auth is missing or wrong' } };
}
`,
  stack: ({ kebab, pascal, camel }, library) => ({
    imports: [
      `import { Secret } from 'aws-cdk-lib/aws-secretsmanager';`,
      `import { CustomAuthorizer } from '${library('apic/custom-authorizer.ts')}';`,
      `import { MockApi } from '${library('apic/mock-api.ts')}';`,
    ],
    statements: `const ${camel}Token = new Secret(this, '${pascal}Token', {
  description: 'What callers send as x-auth',
  generateSecretString: { passwordLength: 32, excludePunctuation: true },
});
this.showSecret('${pascal}Token', ${camel}Token);
const ${camel}Guard = new CustomAuthorizer(this, '${pascal}', {
  group,
  script: \`\${import.meta.dirname}/authorizers/${kebab}.js\`,
  variables: { token: { secret: ${camel}Token } },
});
// Any API of the group can have it: auth: ${camel}Guard.
new MockApi(this, '${pascal}Guarded', {
  app,
  group,
  path: '/${kebab}',
  auth: ${camel}Guard,
  body: 'Hello world!',
});`,
  }),
  trial: ({ pascal }) => {
    const token = `JSON.parse(fs.readFileSync(".causeway/local.json")).secrets.${pascal}Token`;

    return `api call GROUP/${pascal}Guarded -H "x-auth: $(node -p '${token}')"`;
  },
};
