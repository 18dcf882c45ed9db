import { type LogLevel, logLine } from '../../core/platform/log-line.ts';
import type { Output } from './output.ts';
import { cellText } from './table.ts';

/** Told by the level and the time already, or the same in every line. */
const LEFT_OUT: readonly string[] = ['level', 'time', 'message'];

/** A line of a log for the eye: time, level, message, then what else it says. */
export function logText(text: string, takenAt: string, { colours }: Pick<Output, 'colours'>): string {
  const { level, time = takenAt, message, fields } = logLine(text);
  const rest = Object.entries(fields).filter(([name]) => !LEFT_OUT.includes(name));
  const paint: Record<LogLevel, (word: string) => string> = {
    debug: colours.dim,
    info: (word) => word,
    warn: colours.yellow,
    error: colours.red,
  };
  const said = rest.map(([name, value]) => `${colours.dim(`${name}=`)}${valueText(name, value)}`);

  return [time, paint[level](level.toUpperCase().padEnd(5)), cellText(message), ...said].join(' ');
}

function valueText(name: string, value: unknown): string {
  if (name === 'error' && typeof value === 'object' && value !== null) {
    const { name: kind, message } = value as { name?: unknown; message?: unknown };

    return cellText(`${kind}: ${message}`);
  }
  return cellText(value);
}
