import { answerableApis } from '../../core/apic/answerable-apis.ts';
import type { ApiDefinition, ApiDefinitions, ScriptBackend } from '../../core/apic/api-definition.ts';
import { scriptData } from '../../core/apic/script/script-call.ts';
import { scriptResponse } from '../../core/apic/script/script-response.ts';
import { Refusal } from '../../core/errors.ts';
import { type ApiHandler, apiHandler, type GroupRules } from '../shared/chain.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { environment } from '../shared/environment.ts';
import { scriptHost } from '../shared/script/script-host.ts';
import { createScriptRunner, type ScriptRunner } from '../shared/script/script-runner.ts';
import { scriptVariables } from '../shared/script/script-variables.ts';

export const handler = scriptApiHandler(
  readDefinitions<ApiDefinitions>(),
  createScriptRunner({ folder: environment('LAMBDA_TASK_ROOT'), variables: scriptVariables, host: scriptHost }),
);

/** Answers calls of a group's function APIs that are scripts. */
export function scriptApiHandler(definitions: GroupRules, runner: ScriptRunner): ApiHandler {
  const backends = new Map(answerableApis(definitions).map((api) => [api.name, scriptOf(api)]));

  return apiHandler(async (call) => {
    const backend = backends.get(call.api);
    if (backend === undefined) {
      throw new Refusal('APIC.0103', { detail: { reason: `this function has no script for ${call.api}` } });
    }
    const { script, limits } = backend;
    const { log, remainingMs } = call;
    const answer = await runner.run({ script, data: scriptData(call), limits, remainingMs: remainingMs(), log });

    return scriptResponse(answer);
  }, definitions);
}

function scriptOf({ backend }: ApiDefinition): ScriptBackend | undefined {
  return backend.kind === 'script' ? backend : undefined;
}
