import { createHash } from 'node:crypto';
import type { FileSource } from '../../../core/fdi/run-file-source.ts';
import { type Checking, checked, type SourceCheck } from '../../../core/fdi/source-check.ts';
import { AwsRequestFailed } from '../aws-request.ts';
import { type S3Request, s3Request } from '../s3-request.ts';

/** Nobody's object: what is asked of it is judged by the rights first, and then fails. */
const NAME = '.causeway-test';

/**
 * Tries that what is read may be taken away, by requests that S3 judges and then refuses: a removal of what is not there under a condition, and an
 * object whose digest is another one's. Neither leaves anything behind. Ref: AmazonS3/latest/userguide/conditional-deletes, API_PutObject (Content-MD5)
 */
export async function testFileRights(
  bucket: string,
  { prefix, afterwards }: Pick<FileSource, 'prefix' | 'afterwards'>,
  checking: Checking,
): Promise<readonly SourceCheck[]> {
  if (afterwards.kind === 'keep') {
    return [];
  }
  const removes = await checked(checking, `removes from ${prefix}`, () =>
    refusedBy(['NoSuchKey', 'PreconditionFailed'], {
      ...{ method: 'DELETE', bucket, key: `${prefix}${NAME}` },
      headers: { 'if-match': '"causeway-test"' },
    }).catch((error: unknown) => {
      // What is not there may be forbidden to who lists only a prefix (docs/aws-assumptions.md): no reason to keep a task from working.
      if (!(error instanceof AwsRequestFailed) || error.name !== 'AccessDenied') {
        throw error;
      }

      return { unproved: `S3 said ${error.name}, which it may say of what is not there, too` };
    }),
  );
  if (afterwards.kind === 'delete') {
    return [removes];
  }
  const other = createHash('md5').update('another text').digest('base64');
  const writes = await checked(checking, `writes ${afterwards.prefix}`, () =>
    refusedBy(['BadDigest'], {
      ...{ method: 'PUT', bucket, key: `${afterwards.prefix}${NAME}`, body: 'a test' },
      headers: { 'content-md5': other },
    }),
  );

  return [removes, writes];
}

async function refusedBy(names: readonly string[], request: S3Request): Promise<undefined> {
  try {
    await s3Request(request);
  } catch (error) {
    if (!(error instanceof AwsRequestFailed) || !names.includes(error.name)) {
      throw error;
    }
  }

  return undefined;
}
