import type { Template } from './template.ts';

const CLASSES = `importClass(com.roma.apic.livedata.config.v1.DataSourceConfig);
importClass(com.roma.apic.livedata.client.v1.DataSourceClient);`;

/** Scripts of one folder are published together. */
function script(summary: string, text: string, options: readonly string[] = []): Template {
  return {
    summary,
    file: ({ kebab }) => `scripts/${kebab}.js`,
    text: () => text,
    stack: (_name, library) => ({
      imports: [`import { Scripts } from '${library('apic/scripts.ts')}';`],
      statements: `// Once for the folder: every script in it is POST /scripts/<name>.
new Scripts(this, 'Scripts', { app, group, folder: \`\${import.meta.dirname}/scripts\`, appCode: true });`,
    }),
    trial: ({ kebab }) => ['backend test', `GROUP/${kebab}`, ...options].join(' '),
  };
}

export const blank = script(
  'a script with nothing in it yet',
  `// data is JSON text: method, uri, headers, param (of path and query), body. What is returned is the answer.
function execute(data) {
  data = JSON.parse(data);
  return 'Hello world!';
}
`,
);

export const mysql = script(
  'a script that asks a MySQL database',
  `// The variables are those of the platform's own database. Another: 'jdbc:mysql://host:3306/database', its user, and its
// password as a variable of the stack.
${CLASSES}

function execute(data) {
  var request = JSON.parse(data);
  var config = new DataSourceConfig();
  config.setType('mysql');
  config.setUrl('#{mysql_url}');
  config.setUser('#{mysql_user}');
  config.setPassword('#{mysql_password}');
  var ds = new DataSourceClient(config);
  // What stands for ? is bound: nothing in it can become a part of the statement.
  return ds.execute('SELECT ? AS Name, UTC_TIMESTAMP() AS Now', request.param.name || 'World');
}
`,
  ['-p', 'name=Ada'],
);

export const redis = script(
  'a script that works with Redis',
  `${CLASSES}

function execute(data) {
  var config = new DataSourceConfig();
  config.setType('redis');
  config.setUrl('127.0.0.1:6379');
  // config.setPassword('#{redis_password}'), with redis_password a variable of the stack
  var ds = new DataSourceClient(config);
  ds.execute('INCR calls');
  return ds.execute('GET calls');
}
`,
);
