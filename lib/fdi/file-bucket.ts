import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../platform/acknowledge.ts';
import { Integration } from '../platform/integration.ts';
import { outputId } from '../platform/names.ts';

/** A bucket that files are put into. */
export interface IFileBucket {
  readonly bucketName: string;
  readonly bucketArn: string;
}

export interface FileBucketProps {
  /**
   * Unique in all of AWS, 3 to 63 lower-case letters, digits, `.` or `-`.
   * @default - CloudFormation makes one up
   */
  readonly bucketName?: string;
  /**
   * How long a file that was deleted or written over can be brought back.
   * @default Duration.days(30)
   */
  readonly recoverable?: Duration;
}

/** A bucket for files to be read from: encrypted, private, only over TLS, with what was deleted kept for a while. */
export class FileBucket extends Construct implements IFileBucket {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { bucketName, recoverable = Duration.days(30) }: FileBucketProps = {}) {
    super(scope, id);
    const { settings } = Integration.of(this);
    this.bucket = new Bucket(this, 'Bucket', {
      ...(bucketName !== undefined && { bucketName }),
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          noncurrentVersionExpiration: recoverable,
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
        // A marker without a version behind it says nothing any more.
        { expiredObjectDeleteMarker: true },
      ],
      removalPolicy: settings.dataRemoval,
    });
    const output = Stack.of(this).toJsonString({ name: id, bucket: this.bucket.bucketName });
    new CfnOutput(this, 'Output', { value: output }).overrideLogicalId(outputId('Files', id));
    acknowledge(this.bucket, {
      'AwsSolutions-S1':
        'What is read from it is in the log of runs, and who may write into it is said by whoever grants that; access logs are a matter of the account.',
    });
  }

  /** A bucket that is there already, in the same account; it must not be encrypted with a key of its own (SSE-KMS). */
  static existing(bucket: Pick<IBucket, 'bucketName' | 'bucketArn'>): IFileBucket {
    return { bucketName: bucket.bucketName, bucketArn: bucket.bucketArn };
  }

  get bucketName(): string {
    return this.bucket.bucketName;
  }

  get bucketArn(): string {
    return this.bucket.bucketArn;
  }
}
