import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TemplateResource {
  readonly id: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface StackTemplate {
  readonly stack: string;
  readonly resources: readonly TemplateResource[];
  readonly bytes: number;
}

/** The templates of a synthesized assembly. */
export function readTemplates(folder: string): StackTemplate[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.template.json'))
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const { Resources = {} } = JSON.parse(text) as {
        Resources?: Record<string, { Type: string; Properties?: object }>;
      };

      return {
        stack: file.replace('.template.json', ''),
        bytes: Buffer.byteLength(text),
        resources: Object.entries(Resources).map(([id, { Type, Properties = {} }]) => ({
          id,
          type: Type,
          properties: Properties as Record<string, unknown>,
        })),
      };
    });
}
