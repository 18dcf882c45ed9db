import type { ApiParameter, AppScheme } from '../../core/apic/api-definition.ts';
import { schemesOf } from '../../core/apic/app-schemes.ts';
import type { Pairs } from '../../core/apic/canonical-request.ts';
import { percentEncode } from '../../core/apic/percent-encoding.ts';
import { testCall } from '../../core/apic/test-call.ts';
import { UsageError } from '../errors.ts';
import type { Api } from '../management-client.ts';

/** What a caller shows: as an app, as a principal of AWS, what an authorizer of the integration wants, or nothing. */
export type SignIn = AppScheme | 'iam' | 'custom' | 'none';

/** A call to be written as code. */
export interface CallDraft {
  readonly method: string;
  readonly url: URL;
  /** A value `$NAME` is what the environment holds under the name. */
  readonly headers: Pairs;
  /** Empty where there is none. */
  readonly body: string;
  readonly signIn: SignIn;
  /** Whose credentials it takes. */
  readonly app: string;
}

export interface Given {
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly scheme?: AppScheme | undefined;
}

/**
 * The call of an API with what is given; a required parameter that is not has a value to be replaced.
 *
 * @param base the address of its group
 * @param preferred the schemes, the best one first
 */
export function callDraft(api: Api, base: string, given: Given, preferred: readonly AppScheme[]): CallDraft {
  const { parameters, headers, body, scheme } = given;
  const needed = api.parameters.filter(
    ({ required, in: place }) => required && (place !== 'body' || body === undefined),
  );
  const values = {
    ...Object.fromEntries(needed.map((parameter) => [parameter.name, sample(parameter)])),
    ...parameters,
  };
  // What takes any method is asked with one that has a body where there is one.
  const method = api.method === 'ANY' && body !== undefined ? { method: 'POST' } : {};
  const call = testCall(api, { ...method, parameters: values, headers, ...(body !== undefined && { body }) });
  const query = call.query.map((pair) => pair.map(percentEncode).join('=')).join('&');
  // A quote in the path would end a text in a shell.
  const path = call.path.replaceAll("'", '%27');

  return {
    method: call.method,
    url: new URL(`${base}${path}${query === '' ? '' : `?${query}`}`),
    headers: call.headers,
    body: call.body,
    signIn: signInOf(api, scheme, preferred),
    app: api.app,
  };
}

function signInOf(api: Api, wanted: AppScheme | undefined, preferred: readonly AppScheme[]): SignIn {
  if (api.auth !== 'app') {
    if (wanted !== undefined) {
      throw new UsageError(
        `${api.name} has authentication ${api.auth}: no app signs in there, by ${wanted} or otherwise.`,
      );
    }
    return api.auth;
  }
  const accepted = schemesOf(api);
  if (wanted !== undefined && !accepted.includes(wanted)) {
    throw new UsageError(`${api.name} does not accept ${wanted}; it accepts ${accepted.join(', ')}.`);
  }
  return wanted ?? preferred.find((scheme) => accepted.includes(scheme)) ?? 'signature';
}

/** A value the parameter allows as far as that is easily known; a text is its name in capitals. */
function sample({ name, type, default: fallback, minimum, maximum, enum: values }: ApiParameter): string {
  const [first] = values ?? [];
  if (fallback !== undefined || first !== undefined) {
    return fallback ?? (first as string);
  }
  if (type === 'boolean') {
    return 'true';
  }
  return type === 'string' ? name.toUpperCase() : String(minimum ?? Math.min(1, maximum ?? 1));
}

/** `$TOKEN` → `TOKEN` */
export function variableOf(value: string): string | undefined {
  return /^\$([A-Za-z_]\w*)$/.exec(value)?.[1];
}

/** What the environment must hold, and where it comes from. */
export function credentialsNeeded({ signIn, app, headers }: CallDraft): { names: readonly string[]; note: string } {
  const own = headers.flatMap(([, value]) => variableOf(value) ?? []);
  const secret = `causeway app show ${app} --secret`;
  switch (signIn) {
    case 'appCode':
      return { names: ['APP_CODE', ...own], note: secret };
    case 'apikey':
      return { names: ['APP_KEY', ...own], note: `causeway app show ${app}` };
    case 'signature':
    case 'secret':
    case 'basic':
    case 'jwt':
      return { names: ['APP_KEY', 'APP_SECRET', ...own], note: secret };
    case 'iam':
      return {
        names: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION', ...own],
        note: 'a principal that may execute-api:Invoke; AWS_SESSION_TOKEN too where it has one',
      };
    case 'custom':
      return { names: own, note: 'what the authorizer of the integration wants' };
    case 'none':
      return { names: own, note: '' };
  }
}
