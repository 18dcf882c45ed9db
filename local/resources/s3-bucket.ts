import { bucketArn } from '../account.ts';
import { resource } from '../template/resource.ts';

interface BucketProperties {
  readonly BucketName?: string;
}

/** S3 allows 63 characters. */
const MAX_NAME = 63;

/** AWS::S3::Bucket → a folder under `<state>/store/`. */
export const s3Bucket = resource<BucketProperties>('AWS::S3::Bucket', {
  async apply({ properties, engines, name }) {
    const bucket = properties.BucketName ?? name(MAX_NAME).toLowerCase();
    await engines.store.applyBucket(bucket);

    return {
      ref: bucket,
      attributes: {
        Arn: bucketArn(bucket),
        DomainName: `${bucket}.s3.amazonaws.com`,
        RegionalDomainName: `${bucket}.s3.us-east-1.amazonaws.com`,
      },
    };
  },
  async remove({ previous, engines }) {
    if (previous !== undefined) await engines.store.removeBucket(previous.ref);
  },
});
