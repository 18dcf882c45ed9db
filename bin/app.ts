import process from 'node:process';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { isRefused } from '../lib/platform/setting.ts';
import { cdkContext, loadIntegration } from './integration.ts';

// The CDK's entry. Without its CLI (`node bin/app.ts`) it writes the same templates into cdk.out.
const app = new App({ context: cdkContext(), outdir: process.env['CDK_OUTDIR'] ?? 'cdk.out' });
try {
  const addStacks = await loadIntegration(app.node.tryGetContext('integration') ?? 'parking');
  addStacks(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
  app.synth();
} catch (error) {
  // The sentence says what was set wrongly and where; of anything else the stack tells where it happened.
  if (!isRefused(error)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  // At once: an app that ends by itself under the CDK's CLI is synthesized as far as it got.
  process.exit(1);
}
