import { Buffer } from 'node:buffer';
import type { AppScheme } from '../../core/apic/api-definition.ts';
import { createAppToken } from '../../core/apic/app-token.ts';
import { type RequestToSign, sign } from '../../core/apic/signature.ts';
import { UsageError } from '../errors.ts';
import type { AppSecrets } from '../management/apps.ts';

/** The headers by which an app signs in. @throws UsageError when it has no AppCode and is to show one */
export function appHeaders(scheme: AppScheme, app: AppSecrets, request: RequestToSign): Record<string, string> {
  const { key, secret } = app;
  switch (scheme) {
    case 'signature':
      return sign(request, app, new Date());
    case 'appCode':
      return { 'X-Apig-AppCode': codeOf(app) };
    case 'secret':
      return { 'X-HW-ID': key, 'X-HW-AppKey': secret };
    case 'basic':
      return { Authorization: `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}` };
    case 'apikey':
      return { apikey: key };
    case 'jwt': {
      const timestamp = String(Date.now());

      return { Authorization: createAppToken(key, secret, timestamp), Timestamp: timestamp };
    }
  }
}

function codeOf({ app, appCodes: [code] }: AppSecrets): string {
  if (code === undefined) {
    throw new UsageError(`App ${app} has no AppCode: make one with "causeway app app-code create ${app}".`);
  }
  return code;
}
