import { safeParse, strictObject } from 'zod/mini';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { checkDevice } from '../../core/link/device.ts';
import { deviceShape } from '../../core/link/device-shape.ts';
import { checkPassword } from '../../core/link/password.ts';
import type { BatchDevice } from '../../core/link/register-devices.ts';
import { CommandFailed } from '../errors.ts';
import { parseCsv } from './csv.ts';

/** One device of a file, or why it is none. */
export type FileLine =
  | { readonly line: number; readonly device: BatchDevice }
  | { readonly line: number; readonly problem: string; readonly name?: string };

/** What a line may say of a device. */
const FIELDS = Object.keys(deviceShape);
/** What `causeway device export` adds: its files can be read again, and these have no meaning here. */
export const EXPORTED = [
  'product',
  'clientId',
  'username',
  'publish',
  'subscribe',
  'app',
  'state',
  'since',
  'fixed',
  'registeredAt',
] as const;
const isExported = (name: string) => (EXPORTED as readonly string[]).includes(name);
const shape = strictObject(deviceShape);
/** Between the tags of a cell. */
export const TAG_SEPARATOR = ';';

/**
 * The devices of a file in CSV (with a heading) or JSON lines (one object each). A bad line is reported as such and keeps none of the others; a
 * physical id counts once.
 *
 * @throws CommandFailed for a file that cannot be read as either
 */
export function parseDeviceFile(text: string, format: 'csv' | 'jsonl'): FileLine[] {
  const entries = format === 'csv' ? csvEntries(text) : jsonEntries(text);
  const seen = new Map<string, number>();

  return entries.map(({ line, value }) => {
    const checked = typeof value === 'string' ? { line, problem: value } : lineOf(line, value);
    if (!('device' in checked)) {
      return checked;
    }
    const { device } = checked.device;
    const before = seen.get(device);
    if (before !== undefined) {
      return { line, problem: `${device} stands on line ${before} already; a physical id counts once`, name: device };
    }
    seen.set(device, line);

    return checked;
  });
}

interface Entry {
  readonly line: number;
  /** Text: what is wrong with the line. */
  readonly value: Readonly<Record<string, unknown>> | string;
}

function csvEntries(text: string): Entry[] {
  const [heading, ...records] = parseCsv(text);
  const columns = heading?.cells.map((cell) => cell.trim()) ?? [];
  const unknown = columns.filter((column) => !FIELDS.includes(column) && !isExported(column));
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (!columns.includes('device') || unknown.length > 0 || twice !== undefined) {
    throw new CommandFailed(
      `The first line names the columns: received ${JSON.stringify(columns.join(','))}; allowed: device, and any of ` +
        `${FIELDS.filter((field) => field !== 'device').join(', ')}, each once.`,
    );
  }

  return records.map(({ line, cells }) => ({
    line,
    value:
      cells.length === columns.length
        ? csvDevice(columns, cells)
        : `${cells.length} fields instead of ${columns.length}`,
  }));
}

/** An empty cell says nothing. */
function csvDevice(columns: readonly string[], cells: readonly string[]): Readonly<Record<string, unknown>> {
  const pairs = columns
    .map((column, index) => [column, (cells[index] ?? '').trim()] as const)
    .filter(([column, cell]) => FIELDS.includes(column) && cell !== '');

  return Object.fromEntries(pairs.map(([column, cell]) => [column, csvValue(column, cell)]));
}

function csvValue(column: string, cell: string): unknown {
  if (column === 'tags') {
    return cell
      .split(TAG_SEPARATOR)
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '');
  }
  if (column === 'enabled') {
    return cell === 'true' || cell === 'false' ? cell === 'true' : cell;
  }
  return cell;
}

function jsonEntries(text: string): Entry[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((content, index) => (content.trim() === '' ? [] : [{ line: index + 1, value: jsonValue(content) }]));
}

function jsonValue(content: string): Entry['value'] {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).filter(([name]) => !isExported(name)));
    }
  } catch {
    // Answered below, like every other line that is no object.
  }

  return 'not a JSON object';
}

function lineOf(line: number, value: Readonly<Record<string, unknown>>): FileLine {
  const name = typeof value['device'] === 'string' ? { name: value['device'] } : {};
  const parsed = safeParse(shape, value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `${issue.keys.join(', ')}: not known here; allowed: ${FIELDS.join(', ')}`
        : `${issue.path.join('.')}: ${issue.code === 'invalid_type' ? `${issue.expected} expected` : issue.message}`,
    );
    return { line, problem: problems.join('; '), ...name };
  }
  try {
    const { password, ...declaration } = parsed.data;
    checkDevice('device', declaration);
    if (password !== undefined) {
      checkPassword(password);
    }
    return { line, device: parsed.data };
  } catch (error) {
    if (error instanceof InvalidSetting || error instanceof Refusal) {
      return { line, problem: error.message, ...name };
    }
    throw error;
  }
}
