import { inspect } from 'node:util';
import { answerableApis } from '../../core/apic/answerable-apis.ts';
import type { ApiDefinition, ApiDefinitions } from '../../core/apic/api-definition.ts';
import { type ApiFunction, CallRefused } from '../../core/apic/api-function.ts';
import { functionAnswer } from '../../core/apic/function-answer.ts';
import { type ParameterReader, parameterReader } from '../../core/apic/parameters.ts';
import { queryRefusal } from '../../core/apic/query-refusal.ts';
import { scriptData } from '../../core/apic/script/script-call.ts';
import { Refusal } from '../../core/errors.ts';
import { type ApiAnswer, type ApiCall, type ApiHandler, apiHandler, type GroupRules } from '../shared/chain.ts';
import { type Database, database } from '../shared/database.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { inCallTime } from '../shared/function/call-time.ts';
import { functionDatabase, StatementFailed } from '../shared/function/function-database.ts';
import { functionSources } from '../shared/function/function-sources.ts';
import { type FunctionValues, functionValues } from '../shared/function/function-values.ts';
import { readableStack } from '../shared/function/readable-stack.ts';

export interface FunctionPorts {
  readonly database: () => Database;
  readonly values: () => Promise<FunctionValues>;
}

const NO_LISTS: ReadonlySet<string> = new Set();

/** The handler of one function API; the entry that is generated for its module calls it. */
export function handlerOf(run: ApiFunction<never>): ApiHandler {
  return functionApiHandler(readDefinitions<ApiDefinitions>(), run, {
    database,
    values: functionValues,
  });
}

/** Answers calls with what a function of an integration returns. What it throws is for the log, unless it is a `CallRefused`. */
export function functionApiHandler(definitions: GroupRules, run: ApiFunction<never>, ports: FunctionPorts): ApiHandler {
  const readers = new Map(
    answerableApis(definitions)
      .filter(isFunction)
      .map((api) => [api.name, readerOf(api)]),
  );

  return apiHandler(async (call) => {
    const read = readers.get(call.api);
    if (read === undefined) {
      throw new Refusal('APIC.0103', { detail: { reason: `this function has no API ${call.api}` } });
    }
    const request = requestOf(call, read);

    return inCallTime(call.remainingMs(), async (signal) => {
      const { sources, ...values } = await ports.values();
      const { source, end } = functionSources(sources, { ...call, signal });
      try {
        return functionAnswer(await run(request, { ...contextOf(call, ports, signal), ...values, source }));
      } catch (error) {
        // What it throws because its time is over is no error of its own.
        signal.throwIfAborted();

        return refused(error, call);
      } finally {
        await end();
      }
    });
  }, definitions);
}

function requestOf(call: ApiCall, read: ParameterReader) {
  // Without the path's values what remains is the query.
  const { method, uri, headers, param, body } = scriptData({ ...call, path: {} });

  return {
    method,
    path: uri,
    parameters: Object.fromEntries(read(call)) as never,
    query: param,
    headers,
    body,
    bytes: call.body,
  };
}

function contextOf(
  { requestId, app, authorizer, log, remainingMs }: ApiCall,
  { database }: FunctionPorts,
  signal: AbortSignal,
) {
  return {
    ...{ requestId, app, authorizer, log, signal, remainingMs },
    database: functionDatabase(database, { signal, log }),
  };
}

function refused(error: unknown, { requestId, log }: ApiCall): ApiAnswer {
  if (error instanceof StatementFailed) {
    throw queryRefusal(error.cause);
  }
  if (!(error instanceof CallRefused)) {
    throw readable(error);
  }
  const { status, code, message } = error;
  log.info('refused by the function', { code, error });

  return {
    status,
    body: JSON.stringify({ error_msg: message, error_code: code, request_id: requestId }),
  };
}

/** The function threw what is no error. */
class ThrownValue extends Error {
  override readonly name = 'ThrownValue';
}

function readable(thrown: unknown): Error {
  if (!(thrown instanceof Error)) {
    return new ThrownValue(inspect(thrown));
  }
  if (!(thrown instanceof Refusal) && thrown.stack !== undefined) {
    thrown.stack = readableStack(thrown.stack);
  }

  return thrown;
}

function readerOf({ name, parameters }: ApiDefinition): ParameterReader {
  return parameterReader(parameters, NO_LISTS, `${name}: parameters`);
}

function isFunction({ backend }: ApiDefinition): boolean {
  return backend.kind === 'function';
}
