import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface WrittenStack {
  readonly template: unknown;
  readonly dependencies?: readonly string[];
  /** S3 key → files of the asset's folder. */
  readonly assets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'causeway-test-'));
}

/** Writes a cloud assembly by hand, as the CDK lays it out. */
export function writeAssembly(stacks: Readonly<Record<string, WrittenStack>>, directory = temporaryFolder()): string {
  const artifacts: Record<string, unknown> = {};
  for (const [name, { template, dependencies = [], assets = {} }] of Object.entries(stacks)) {
    artifacts[`${name}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } };
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: `${name}.template.json` },
      dependencies: [...dependencies, `${name}.assets`],
    };
    const files = Object.entries(assets).map(([key, contents]) => {
      const path = `asset.${key.replace('.zip', '')}`;
      for (const [file, text] of Object.entries(contents)) {
        mkdirSync(dirname(join(directory, path, file)), { recursive: true });
        writeFileSync(join(directory, path, file), text);
      }
      return [key, { source: { path, packaging: 'zip' }, destinations: { here: { bucketName: 'b', objectKey: key } } }];
    });
    writeFileSync(join(directory, `${name}.assets.json`), JSON.stringify({ files: Object.fromEntries(files) }));
    writeFileSync(join(directory, `${name}.template.json`), JSON.stringify(template));
  }
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ version: '55.0.0', artifacts }));

  return directory;
}
