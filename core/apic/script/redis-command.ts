import { InvalidSetting } from '../../errors.ts';
import type { SourceValue } from './source-value.ts';

/** A command of Redis as it is sent. */
export interface RedisCommand {
  /** In capitals. */
  readonly name: string;
  readonly words: readonly Buffer[];
}

const SETTING = 'command';
const SPACE = /\s/;
/** What a backslash makes of a letter, in double quotes. */
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

/** A word as it stands there; what is quoted is never a place for a value. */
interface Word {
  readonly bytes: Buffer;
  readonly quoted: boolean;
}

/**
 * Reads a command as the command line of Redis does: words, those with spaces in quotes; within double ones `\n`, `\x1f` and the like. With
 * values, each word that is only a `?` stands for one; without, a `?` is itself.
 *
 * @throws InvalidSetting for quotes that are not closed, and for more or fewer values than places
 */
export function redisCommand(statement: string, values: readonly SourceValue[] = []): RedisCommand {
  const words = wordsOf(statement);
  const [first] = words;
  if (first === undefined) {
    throw new InvalidSetting(SETTING, statement, 'a command of Redis: GET key');
  }
  const bound = values.length === 0 ? words.map(({ bytes }) => bytes) : withValues(words, values);

  return { name: first.bytes.toString().toUpperCase(), words: bound };
}

function withValues(words: readonly Word[], values: readonly SourceValue[]): Buffer[] {
  const places = words.filter(isPlace).length;
  if (places !== values.length) {
    throw new InvalidSetting('values of the command', values.length, `${places}, one for each \`?\``);
  }
  let next = 0;

  return words.map((word) => {
    if (!isPlace(word)) {
      return word.bytes;
    }
    const value = values[next] ?? null;
    next += 1;
    if (value === null) {
      throw new InvalidSetting(
        `value ${next} of the command`,
        value,
        'a text, a number or a boolean: Redis knows no null',
      );
    }

    return Buffer.from(String(value));
  });
}

function isPlace({ bytes, quoted }: Word): boolean {
  return !quoted && bytes.length === 1 && bytes[0] === '?'.charCodeAt(0);
}

function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < text.length; ) {
    if (SPACE.test(text[at] ?? '')) {
      at += 1;
      continue;
    }
    const { word, end } = wordAt(text, at);
    words.push(word);
    at = end;
  }

  return words;
}

function wordAt(text: string, from: number): { readonly word: Word; readonly end: number } {
  const parts: Buffer[] = [];
  let quoted = false;
  let at = from;
  while (at < text.length && !SPACE.test(text[at] ?? '')) {
    if (text[at] === '"' || text[at] === "'") {
      const part = quotedAt(text, at);
      quoted = true;
      parts.push(part.bytes);
      at = part.end;
      if (at < text.length && !SPACE.test(text[at] ?? '')) {
        throw new InvalidSetting(SETTING, text.slice(from, from + 40), 'a space behind a closing quote');
      }
    } else {
      const plain = /^[^\s"']+/.exec(text.slice(at))?.[0] ?? '';
      parts.push(Buffer.from(plain));
      at += plain.length;
    }
  }

  return { word: { bytes: Buffer.concat(parts), quoted }, end: at };
}

function quotedAt(text: string, from: number): { readonly bytes: Buffer; readonly end: number } {
  const quote = text[from];
  const parts: Buffer[] = [];
  let plain = '';
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === quote) {
      return { bytes: Buffer.concat([...parts, Buffer.from(plain)]), end: at + 1 };
    }
    const next = text[at + 1];
    const hex = /^\\x([0-9a-f]{2})/i.exec(text.slice(at, at + 4))?.[1];
    if (quote === '"' && hex !== undefined) {
      // A byte, not a character.
      parts.push(Buffer.from(plain), Buffer.from(hex, 'hex'));
      plain = '';
      at += 3;
    } else if (character === '\\' && next !== undefined && (quote === '"' || next === "'")) {
      plain += quote === '"' ? (ESCAPES[next] ?? next) : next;
      at += 1;
    } else {
      plain += character;
    }
  }
  throw new InvalidSetting(SETTING, text.slice(from, from + 40), `text that ends with its quote ${quote}`);
}
