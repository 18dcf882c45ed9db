import { App } from 'aws-cdk-lib';
import { cdkContext, loadIntegration } from './integration.ts';

/**
 * Synthesizes an integration with its platform, in this process: what `cdk synth` writes, without its validator (6 s) and the security rules,
 * which `npm run synth` runs.
 *
 * @param integration a folder of `integrations/`, or the path of a module
 * @returns the assembly's folder
 */
export async function synthesize(integration: string, outdir: string): Promise<string> {
  const addStacks = await loadIntegration(integration);
  const app = new App({
    outdir,
    context: cdkContext(),
    analyticsReporting: false,
    treeMetadata: false,
    stackTraces: false,
    builtinCloudFormationValidation: false,
  });
  addStacks(app);

  return app.synth().directory;
}
