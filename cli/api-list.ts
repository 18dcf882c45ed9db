import { schemesOf } from '../core/apic/app-schemes.ts';
import { command } from './command.ts';
import type { Api } from './management-client.ts';

export const apiList = command({
  path: 'api list',
  summary: 'list published APIs',
  examples: [['causeway api list', 'every API of the platform']],
  platform: true,
  async run({ output, platform }) {
    const { client } = await platform();

    output.list(
      await client.apis(),
      {
        api: (api) => api.name,
        method: (api) => api.method,
        path: (api) => api.path,
        authentication: (api) => authenticationText(api),
        app: (api) => api.app,
        environment: (api) => api.stage,
      },
      'No APIs: the integration publishes none.',
    );
    return undefined;
  },
});

function authenticationText(api: Api): string {
  return api.auth === 'app' ? `app (${schemesOf(api).join(', ')})` : api.auth;
}
