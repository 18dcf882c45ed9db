import { type App, Stack } from 'aws-cdk-lib';
import { CfnStream } from 'aws-cdk-lib/aws-kinesis';
import { Bucket } from 'aws-cdk-lib/aws-s3';

/** What the validator must find (a mode Kinesis does not have) and what the security rules must find (a bucket without TLS). */
export default function broken(app: App): void {
  const stack = new Stack(app, 'Broken');
  new CfnStream(stack, 'Stream', { streamModeDetails: { streamMode: 'SOMETIMES' } });
  new Bucket(stack, 'Bucket');
}
