import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { causeway } from '../platform.ts';

const WORKSHOP = import.meta.dirname;
const LIB = join(WORKSHOP, '../../../lib');

interface Made {
  readonly imports: readonly string[];
  readonly statements: string;
}

/**
 * Has `causeway backend new` write a backend of every template into the folder, and makes an integration of what it prints, beside the workshop.
 *
 * @returns the path of the integration
 */
export async function madeIntegration(folder: string, templates: readonly string[]): Promise<string> {
  const made: Made[] = [];
  for (const template of templates) {
    const argv = ['backend', 'new', `made-${template}`, '--template', template, '--integration', folder, '--json'];
    const { code, stdout, stderr } = await causeway(...argv);
    if (code !== 0) {
      throw new NotMade(stderr);
    }
    made.push(JSON.parse(stdout));
  }
  const file = join(folder, 'index.ts');
  writeFileSync(
    file,
    `${[...new Set(made.flatMap(({ imports }) => imports))].join('\n')}
import { ApiGroup } from '${LIB}/apic/api-group.ts';
import { IntegrationApp } from '${LIB}/apic/integration-app.ts';
import { Integration } from '${LIB}/platform/integration.ts';
import workshop from '${WORKSHOP}/index.ts';

class Made extends Integration {
  constructor(scope, id, props) {
    super(scope, id, props);
    const app = new IntegrationApp(this, 'MadeOwner');
    const group = new ApiGroup(this, 'Made');
    ${[...new Set(made.map(({ statements }) => statements))].join('\n')}
  }
}

export default function (app) {
  new Made(app, 'CausewayMade', { platform: workshop(app) });
}
`,
  );

  return file;
}

class NotMade extends Error {}
