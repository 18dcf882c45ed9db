import { type Buffer, isUtf8 } from 'node:buffer';

const ROW_BYTES = 16;
/** Line breaks and tabs are layout; everything else that is no character could move the cursor or change colours. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu;
const LAYOUT = new Set(['\n', '\t']);

/** Bytes for people to read: as text when they are text, else as a hex dump. Nothing in them can work on a terminal. */
export function payloadText(bytes: Buffer): string {
  if (bytes.length === 0) {
    return '(no bytes)';
  }
  const text = isUtf8(bytes) ? bytes.toString('utf8') : undefined;

  return text === undefined || text.includes('\0') ? hexDump(bytes) : text.replace(UNPRINTABLE, shown);
}

function shown(character: string): string {
  return LAYOUT.has(character) ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Offset, bytes, and those of them that are printable ASCII. */
function hexDump(bytes: Buffer): string {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const row = bytes.subarray(at, at + ROW_BYTES);
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = row.toString('latin1').replace(/[^ -~]/g, '.');
    rows.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(ROW_BYTES * 3 - 1)}  ${ascii}`);
  }

  return rows.join('\n');
}
