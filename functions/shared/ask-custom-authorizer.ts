import type { SignableRequest } from '../../core/apic/canonical-request.ts';
import { readVerdict, type Verdict } from '../../core/apic/verdict.ts';
import { askFunction } from './ask-function.ts';
import { environment } from './environment.ts';

/** What `apic/authorize-custom` is asked about a call. */
export interface CustomQuestion {
  readonly request: SignableRequest;
  /** The gateway's resource path. */
  readonly resource: string;
  /** The exact bytes in base64. */
  readonly body?: string;
  readonly requestId?: string;
}

/** What `apic/authorize-custom` is asked about a backend. */
export interface BackendQuestion {
  /** The authorizer's name. */
  readonly backend: string;
  /** The exact bytes in base64. */
  readonly body?: string;
  readonly requestId: string;
}

/** The verdict of a custom authorizer of a backend. @returns undefined for an answer that is none: refuse then */
export async function askBackendAuthorizer(question: BackendQuestion): Promise<Verdict | undefined> {
  return ask(question.backend, question);
}

/** The verdict of a custom authorizer that wants the body. @returns undefined for an answer that is none: refuse then */
export async function askCustomAuthorizer(name: string, question: CustomQuestion): Promise<Verdict | undefined> {
  return ask(name, question);
}

async function ask(name: string, question: CustomQuestion | BackendQuestion): Promise<Verdict | undefined> {
  const functions = JSON.parse(environment('CUSTOM_AUTHORIZERS')) as Record<string, string>;

  return readVerdict(await askFunction(functions[name] ?? '', question));
}
