import type { AppScheme } from '../../core/apic/api-definition.ts';
import type { Api } from '../management-client.ts';
import { type CallDraft, callDraft, credentialsNeeded, type Given } from './call-draft.ts';
import { CURL_SCHEMES, curlCode } from './curl.ts';
import { javascriptCode, PROGRAM_SCHEMES } from './javascript.ts';
import { pythonCode } from './python.ts';

interface Language {
  readonly schemes: readonly AppScheme[];
  readonly comment: string;
  readonly code: (draft: CallDraft) => string;
}

const LANGUAGES = {
  curl: { schemes: CURL_SCHEMES, comment: '#', code: curlCode },
  js: { schemes: PROGRAM_SCHEMES, comment: '//', code: javascriptCode },
  python: { schemes: PROGRAM_SCHEMES, comment: '#', code: pythonCode },
} satisfies Record<string, Language>;

export type CodeLanguage = keyof typeof LANGUAGES;

export const CODE_LANGUAGES = Object.keys(LANGUAGES) as readonly CodeLanguage[];

/**
 * Code that calls an API, ready to run. It takes credentials from the environment and holds none; it needs nothing but curl and openssl, Node or
 * Python.
 *
 * @param base the address of the API's group
 */
export function callingCode(language: CodeLanguage, api: Api, base: string, given: Given): string {
  const { schemes, comment, code } = LANGUAGES[language];
  const draft = callDraft(api, base, given, schemes);
  const { names, note } = credentialsNeeded(draft);
  const first = names.length === 0 ? note : `In the environment: ${names.join(', ')} (${note})`;

  return first === '' ? code(draft) : `${comment} ${first}\n${code(draft)}`;
}
