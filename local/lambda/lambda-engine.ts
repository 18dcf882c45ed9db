import type { EngineHost, LambdaEngine } from '../engines.ts';
import { createAsyncInvocations } from './async-invocations.ts';
import { createEventSources } from './event-source/event-sources.ts';
import { createFunctions } from './functions.ts';
import { lambdaApi } from './lambda-api.ts';

/** What a batch on its way may still take when the platform stops, before its process is killed. */
const GRACE_MILLISECONDS = 3000;

/** Functions, their processes, and the event source mappings that feed them. */
export function createLambdaEngine(host: EngineHost): LambdaEngine {
  const functions = createFunctions(host);
  const eventSources = createEventSources(host, functions);
  const asynchronous = createAsyncInvocations(host, functions);

  return {
    functions,
    eventSources,
    services: [lambdaApi({ functions, asynchronous, eventSources })],
    invoke: (target, payload, options) => functions.invoke(target, payload, options),
    instances: () => functions.instances(),
    async start() {},
    async open() {
      eventSources.open();
    },
    async stop() {
      asynchronous.stop();
      const quiet = eventSources.stop();
      const grace = Promise.withResolvers<void>();
      const timer = setTimeout(() => grace.resolve(), GRACE_MILLISECONDS);
      await Promise.race([quiet, grace.promise]);
      clearTimeout(timer);
      await functions.stop();
      await quiet;
    },
  };
}
