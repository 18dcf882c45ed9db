import type { Output } from '../screen/output.ts';
import { countText } from '../screen/words.ts';

/** The events of the local runtime that are worth a line; it has more. */
export type StartupEvent =
  | { readonly kind: 'progress' | 'warning'; readonly message: string }
  | { readonly kind: 'engine' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'stack'; readonly stack: string; readonly state: string; readonly milliseconds?: number }
  | { readonly kind: 'resource'; readonly stack: string; readonly state: string };

/** Says what happens while the platform starts: every event for a program, the few that matter for a person. */
export function createStartupReport(output: Output): (event: StartupEvent) => void {
  const resources = new Map<string, number>();

  return (event) => {
    if (event.kind !== 'ready') output.event(event); // ready is said when local.json is written
    if (event.kind === 'resource' && event.state === 'applied') {
      resources.set(event.stack, (resources.get(event.stack) ?? 0) + 1);
    }
    const line = lineOf(event, resources, output.colours);
    if (line !== undefined && !output.json) output.message(line);
  };
}

function lineOf(
  event: StartupEvent,
  resources: ReadonlyMap<string, number>,
  colours: Output['colours'],
): string | undefined {
  if (event.kind === 'progress') return `  ${event.message}`;
  if (event.kind === 'warning') return colours.yellow(`  ${event.message}`);
  if (event.kind === 'stack' && event.state === 'applied') {
    const count = countText(resources.get(event.stack) ?? 0);

    return `  ${event.stack}: ${count} resources${event.milliseconds === undefined ? '' : `, ${seconds(event.milliseconds)}`}`;
  }
  return undefined;
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
