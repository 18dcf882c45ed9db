/** The account and region every local platform lives in. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
export const PARTITION = 'aws';

/** `arn('kinesis', 'stream/Events')` → `arn:aws:kinesis:us-east-1:000000000000:stream/Events`. */
export function arn(service: string, resource: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

/** IAM and STS are global: their ARNs carry no region. */
export function globalArn(service: 'iam' | 'sts', resource: string): string {
  return `arn:${PARTITION}:${service}::${ACCOUNT}:${resource}`;
}

/** S3 ARNs carry neither region nor account. */
export function bucketArn(bucket: string): string {
  return `arn:${PARTITION}:s3:::${bucket}`;
}
