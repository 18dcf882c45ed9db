import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { App } from 'aws-cdk-lib';
import { invalid } from '../lib/platform/setting.ts';

const ROOT = join(import.meta.dirname, '..');

/** What `integrations/<name>/index.ts` exports by default: puts its stacks into the app. */
export type IntegrationModule = (app: App) => void;

/**
 * @param integration a folder of `integrations/`, or the path of a module
 * @throws InvalidSetting when there is none, or it exports no function
 */
export async function loadIntegration(integration: string): Promise<IntegrationModule> {
  const file = fileOf(integration);
  const module = await load(integration, file);
  if (typeof module.default !== 'function') {
    throw invalid('synth', 'integration', integration, 'a module whose default export is `(app: App) => void`');
  }
  return module.default as IntegrationModule;
}

async function load(integration: string, file: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    // Node says in the stack alone which file and line it is.
    const [place = ''] = error instanceof SyntaxError ? (error.stack?.split('\n') ?? []) : [];
    if (/:\d+$/.test(place)) {
      throw invalid(
        'synth',
        'integration',
        integration,
        `modules that compile (${place}: ${(error as Error).message})`,
      );
    }
    throw error;
  }
}

/** The feature flags every synthesis needs; the CDK CLI reads them by itself, nobody else does. */
export function cdkContext(): Record<string, unknown> {
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };

  return context;
}

function fileOf(integration: string): string {
  const named = join(ROOT, 'integrations', integration, 'index.ts');
  const given = resolve(integration);
  const files = [named, given, join(given, 'index.ts'), join(given, 'index.js')];
  const file = files.find((candidate) => /\.[cm]?[jt]s$/.test(candidate) && existsSync(candidate));
  if (file === undefined) {
    const folders = readdirSync(join(ROOT, 'integrations'));
    throw invalid('synth', 'integration', integration, `${folders.join(', ')}, or the path of a module`);
  }
  return file;
}
