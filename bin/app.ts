import process from 'node:process';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { cdkContext, loadIntegration } from './integration.ts';

// The CDK's entry. Without its CLI (`node bin/app.ts`) it writes the same templates into cdk.out.
const app = new App({ context: cdkContext(), outdir: process.env['CDK_OUTDIR'] ?? 'cdk.out' });
const addStacks = await loadIntegration(app.node.tryGetContext('integration') ?? 'parking');
addStacks(app);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
app.synth();
