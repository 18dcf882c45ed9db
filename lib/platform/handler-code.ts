import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CfnResource, FileAssetPackaging, Lazy, Stack, Stage, Token } from 'aws-cdk-lib';
import { Code, type CodeConfig, type ResourceBindOptions } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { handlerCode } from './handler-bundle.ts';
import { invalid } from './setting.ts';

/** Files beside the code, by name, each asked for at the end of synthesis: `{ 'definitions.json': () => definitions }`. */
export type HandlerFiles = Readonly<Record<string, () => unknown>>;

/** Lambda unpacks at most 250 MB; definitions of this size would make a start slow long before. */
const MAX_FILE_BYTES = 5 * 1024 * 1024;
/** Stands in for the code where CDK says that a stack needs no bundling: unit tests, `cdk list`. */
const UNBUNDLED = 'export {};\n';

/**
 * A handler's asset: `index.mjs` and the files beside it. Written when the template is, because only then all definitions are known (an API
 * group collects its APIs after its functions exist). The folder's name is the hash of its content, so synthesis may run in many processes.
 */
export class HandlerCode extends Code {
  readonly #entry: string;
  readonly #files: HandlerFiles;
  #scope: Construct | undefined;

  constructor(entry: string, files: HandlerFiles) {
    super();
    this.#entry = entry;
    this.#files = files;
  }

  override bind(scope: Construct): CodeConfig {
    this.#scope = scope;
    const text = Stack.of(scope).bundlingRequired ? handlerCode(this.#entry) : UNBUNDLED;
    const stage = () => stageFolder(scope, this.#entry, { 'index.mjs': text, ...this.#contents(scope) });

    return {
      s3Location: {
        bucketName: Lazy.string({ produce: () => stage().bucketName }),
        objectKey: Lazy.string({ produce: () => stage().objectKey }),
      },
    };
  }

  /** What `sam local`, the CLI's hot swap and the local runtime find the folder by. */
  override bindToResource(resource: CfnResource, options: ResourceBindOptions = {}): void {
    const scope = this.#scope ?? resource;
    const text = Stack.of(scope).bundlingRequired ? handlerCode(this.#entry) : UNBUNDLED;
    resource.addMetadata(
      'aws:asset:path',
      Lazy.string({ produce: () => `asset.${hashOf({ 'index.mjs': text, ...this.#contents(scope) })}` }),
    );
    resource.addMetadata('aws:asset:is-bundled', true);
    resource.addMetadata('aws:asset:property', options.resourceProperty ?? 'Code');
  }

  #contents(scope: Construct): Record<string, string> {
    const entries = Object.entries(this.#files).map(([name, content]) => {
      const text = JSON.stringify(content());
      if (Token.isUnresolved(text)) {
        throw invalid(
          scope,
          name,
          'a value known only at deployment',
          'values known at synthesis (pass others by environment)',
        );
      }
      if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
        throw invalid(scope, name, `${Buffer.byteLength(text)} bytes`, `at most ${MAX_FILE_BYTES} bytes`);
      }
      return [name, text] as const;
    });

    return Object.fromEntries(entries);
  }
}

function stageFolder(scope: Construct, entry: string, contents: Readonly<Record<string, string>>) {
  const stack = Stack.of(scope);
  const outdir = Stage.of(scope)?.assetOutdir ?? '';
  const sourceHash = hashOf(contents);
  const folder = join(outdir, `asset.${sourceHash}`);
  if (!existsSync(folder)) {
    writeFolder(folder, contents);
  }

  return stack.synthesizer.addFileAsset({
    sourceHash,
    fileName: `asset.${sourceHash}`,
    packaging: FileAssetPackaging.ZIP_DIRECTORY,
    displayName: `${stack.stackName}/${entry}`,
  });
}

/** Complete or not there: another process may write the same folder at the same moment. */
function writeFolder(folder: string, contents: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, '..'), { recursive: true });
  const draft = mkdtempSync(`${folder}-`);
  for (const [name, text] of Object.entries(contents)) {
    writeFileSync(join(draft, name), text);
  }
  try {
    renameSync(draft, folder);
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
}

function hashOf(contents: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const [name, text] of Object.entries(contents).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\0${text.length}\0${text}\0`);
  }
  return hash.digest('hex');
}
