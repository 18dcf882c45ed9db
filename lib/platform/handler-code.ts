import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type CfnResource, FileAssetPackaging, Lazy, Stack, Stage, Token } from 'aws-cdk-lib';
import { Code, type CodeConfig, type ResourceBindOptions } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { handlerCode } from './handler-bundle.ts';
import { moduleCode } from './module-bundle.ts';
import { invalid } from './setting.ts';

/** Files beside the code, by name, each asked for at the end of synthesis: `{ 'definitions.json': () => definitions }`. */
export type HandlerFiles = Readonly<Record<string, () => unknown>>;

/**
 * More code or other files beside the handler's, by name, for what is loaded only when it is needed: `entry` is bundled like a handler,
 * `path` is a file that is copied.
 */
export type HandlerParts = Readonly<
  Record<string, { readonly entry: string } | { readonly path: string } | { readonly text: string }>
>;

type FolderContents = Readonly<Record<string, string | Buffer>>;

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
  readonly #parts: HandlerParts;
  readonly #module: string | undefined;
  #scope: Construct | undefined;

  /** @param module whose default export the entry runs; without one the entry's `handler` is the function's */
  constructor(entry: string, files: HandlerFiles, parts: HandlerParts = {}, module?: string) {
    super();
    this.#entry = entry;
    this.#files = files;
    this.#parts = parts;
    this.#module = module;
  }

  override bind(scope: Construct): CodeConfig {
    this.#scope = scope;
    // A misspelt entry is refused here and not when the template is written.
    this.#own(scope);
    const stage = () => stageFolder(scope, this.#entry, this.#contents(scope));

    return {
      s3Location: {
        bucketName: Lazy.string({ produce: () => stage().bucketName }),
        objectKey: Lazy.string({ produce: () => stage().objectKey }),
      },
    };
  }

  /** What the local runtime and the CDK CLI find the folder by. */
  override bindToResource(resource: CfnResource, options: ResourceBindOptions = {}): void {
    const scope = this.#scope ?? resource;
    const path = () => fromAssembly(scope, folderOf(scope, this.#contents(scope)));
    resource.addMetadata('aws:asset:path', Lazy.string({ produce: path }));
    resource.addMetadata('aws:asset:is-bundled', true);
    resource.addMetadata('aws:asset:property', options.resourceProperty ?? 'Code');
  }

  #contents(scope: Construct): FolderContents {
    const files = Object.entries(this.#files).map(([name, content]) => [name, textOf(scope, name, content())]);

    const parts = Object.entries(this.#parts).map(([name, part]) => [name, this.#part(scope, part)]);

    return { ...this.#own(scope), ...Object.fromEntries(files), ...Object.fromEntries(parts) };
  }

  #part(scope: Construct, part: HandlerParts[string]): string | Buffer {
    if ('text' in part) {
      return part.text;
    }

    return 'path' in part ? readFileSync(part.path) : this.#code(scope, part.entry);
  }

  #own(scope: Construct): FolderContents {
    if (this.#module === undefined || !Stack.of(scope).bundlingRequired) {
      return { 'index.mjs': this.#code(scope, this.#entry) };
    }
    const { code, map } = moduleCode(this.#entry, this.#module);

    return { 'index.mjs': code, 'index.mjs.map': map };
  }

  #code(scope: Construct, entry: string): string {
    return Stack.of(scope).bundlingRequired ? handlerCode(entry) : UNBUNDLED;
  }
}

function textOf(scope: Construct, name: string, content: unknown): string {
  const text = JSON.stringify(content);
  if (Token.isUnresolved(text)) {
    const allowed = 'values known at synthesis (others go into environment variables)';
    throw invalid(scope, name, 'a value known only at deployment', allowed);
  }
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
    throw invalid(scope, name, `${Buffer.byteLength(text)} bytes`, `at most ${MAX_FILE_BYTES} bytes`);
  }

  return text;
}

function stageFolder(scope: Construct, entry: string, contents: FolderContents) {
  const stack = Stack.of(scope);
  const folder = folderOf(scope, contents);
  if (!existsSync(folder)) {
    writeFolder(folder, contents);
  }

  return stack.synthesizer.addFileAsset({
    sourceHash: hashOf(contents),
    fileName: fromAssembly(scope, folder),
    packaging: FileAssetPackaging.ZIP_DIRECTORY,
    displayName: `${stack.stackName}/${entry}`,
  });
}

function folderOf(scope: Construct, contents: FolderContents): string {
  return join(Stage.of(scope)?.assetOutdir ?? '', `asset.${hashOf(contents)}`);
}

/** Stages of a pipeline have an assembly each, and one folder for all assets. */
function fromAssembly(scope: Construct, folder: string): string {
  return relative(Stage.of(scope)?.outdir ?? '', folder);
}

/** Complete or not there: another process may write the same folder at the same moment. */
function writeFolder(folder: string, contents: FolderContents): void {
  mkdirSync(join(folder, '..'), { recursive: true });
  const draft = mkdtempSync(`${folder}-`);
  // A draft is readable by its owner only; an asset is not.
  chmodSync(draft, 0o755);
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(draft, name)), { recursive: true });
    writeFileSync(join(draft, name), content);
  }
  try {
    renameSync(draft, folder);
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
}

function hashOf(contents: FolderContents): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(contents).sort()) {
    const content = contents[name] ?? '';
    hash.update(`${name}\0${content.length}\0`).update(content).update('\0');
  }
  return hash.digest('hex');
}
