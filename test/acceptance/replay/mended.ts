import type { App } from 'aws-cdk-lib';
import { replayLot } from './replay-lot.ts';

/** The same, put right. */
export default (app: App) => replayLot(app, { statuses: ['0', '1', 'reserved'], gatesForwarded: true });
