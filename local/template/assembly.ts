import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TemplateError } from '../errors.ts';
import { sortByDependencies } from './order.ts';
import type { Template } from './template.ts';

/** One stack of a synthesized CDK app. */
export interface Stack {
  readonly name: string;
  readonly template: Template;
  /** Where an asset lies, absolute, by the S3 key the template names it with. */
  readonly assets: ReadonlyMap<string, string>;
  /** The folder that `Metadata aws:asset:path` is relative to. */
  readonly directory: string;
}

interface Artifact {
  readonly type: string;
  readonly dependencies?: readonly string[];
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly file?: string;
    readonly directoryName?: string;
  };
}

interface AssetFile {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

/**
 * Reads a cloud assembly (`cdk.out`): its stacks, dependencies first.
 * Format: aws-cdk-lib/cloud-assembly-schema, manifest.json and *.assets.json.
 */
export function loadAssembly(directory: string): readonly Stack[] {
  const root = resolve(directory);
  if (!existsSync(join(root, 'manifest.json'))) {
    throw new TemplateError(`${root} is not a synthesized CDK app: it has no manifest.json. Run "cdk synth" first.`);
  }
  const artifacts = readJson<{ artifacts?: Record<string, Artifact> }>(join(root, 'manifest.json')).artifacts ?? {};
  const stacks = Object.entries(artifacts).filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const stages = Object.values(artifacts).filter((artifact) => artifact.type === 'cdk:cloud-assembly');
  const ordered = sortByDependencies(
    stacks.map(([id]) => id),
    (id) => (artifacts[id]?.dependencies ?? []).filter((dependency) => stacks.some(([stack]) => stack === dependency)),
    (cycle) => new TemplateError(`the stacks depend on one another in a circle: ${cycle.join(' → ')}`),
  );
  const nested = stages.flatMap((stage) => loadAssembly(join(root, stage.properties?.directoryName ?? '')));
  const all = [...nested, ...ordered.map((id) => loadStack(root, id, artifacts))];
  if (all.length === 0) throw new TemplateError(`${root} holds no stack: there is nothing to run.`);

  return all;
}

function loadStack(root: string, id: string, artifacts: Readonly<Record<string, Artifact>>): Stack {
  const artifact = artifacts[id] as Artifact;
  const manifests = (artifact.dependencies ?? []).flatMap((dependency) => {
    const found = artifacts[dependency];

    return found?.type === 'cdk:asset-manifest' || found?.type === 'aws:cdk:asset-manifest' ? [found] : [];
  });

  return {
    name: artifact.properties?.stackName ?? id,
    template: readJson<Template>(join(root, artifact.properties?.templateFile ?? `${id}.template.json`)),
    assets: new Map(manifests.flatMap((manifest) => assetPaths(root, manifest.properties?.file ?? ''))),
    directory: root,
  };
}

function assetPaths(root: string, file: string): [string, string][] {
  const { files = {} } = readJson<AssetFile>(join(root, file));

  return Object.values(files).flatMap(({ source, destinations }) => {
    const { path } = source;

    return path === undefined
      ? []
      : Object.values(destinations).map(({ objectKey }): [string, string] => [objectKey, resolve(root, path)]);
  });
}

function readJson<T>(path: string): T {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (cause) {
    throw new TemplateError(`${path} cannot be read as JSON`, { cause });
  }
}
