import { basicHeaders, exchange } from '../http.ts';
import type { Transport } from '../management/calls.ts';
import { createManagementClient } from '../management-client.ts';
import { readLocalFile } from './local-file.ts';
import type { Platform } from './platform.ts';

/** The platform of a state folder on this machine, by the address and token in its `local.json`. */
export function localPlatform(state: string): Platform {
  const local = readLocalFile(state);

  return { client: createManagementClient(bearerTransport(local.management)), memory: state, local };
}

function bearerTransport({ url: base, token }: { url: string; token: string }): Transport {
  return async ({ method, path, query, body }) => {
    const search = new URLSearchParams(query).toString();
    const url = `${base}${path}${search === '' ? '' : `?${search}`}`;
    const response = await exchange({
      method,
      url,
      headers: {
        ...basicHeaders(url, body),
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
      },
      ...(body === undefined ? {} : { body }),
    });

    return { status: response.status, body: response.body.toString('utf8') };
  };
}
