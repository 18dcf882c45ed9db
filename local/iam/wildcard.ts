/** Before a `*` or `?` in a pattern: the character itself. No policy can hold it, JSON text never carries NUL here. */
const LITERAL = '\0';

const SPECIAL = /[*?\0]/;

/** A pattern that matches exactly this text. */
export function literal(text: string): string {
  return text.replace(/[*?]/g, (character) => LITERAL + character);
}

/**
 * Whether a text matches a pattern in which `*` stands for any characters, `?` for exactly one.
 * Goes back to the last `*` only, so that no pattern takes more than pattern × text steps (a regular expression may).
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  // Most patterns of policies are names in full.
  if (!SPECIAL.test(pattern)) return pattern === text;
  const tokens = tokensOf(pattern);
  let token = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < text.length) {
    const current = tokens[token];
    if (current === '*') {
      star = token;
      resume = position;
      token += 1;
    } else if (current === '?' || current === LITERAL + text[position]) {
      token += 1;
      position += 1;
    } else if (star >= 0) {
      token = star + 1;
      resume += 1;
      position = resume;
    } else {
      return false;
    }
  }
  while (tokens[token] === '*') token += 1;

  return token === tokens.length;
}

/** More than the patterns of all policies of a platform. */
const MAX_KNOWN = 5000;
const known = new Map<string, readonly string[]>();

function tokensOf(pattern: string): readonly string[] {
  const before = known.get(pattern);
  if (before !== undefined) return before;
  const tokens = readTokens(pattern);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(pattern, tokens);

  return tokens;
}

/** `*` and `?` as they are, every other character marked as literal. */
function readTokens(pattern: string): readonly string[] {
  const tokens: string[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index] as string;
    if (character === LITERAL) {
      index += 1;
      tokens.push(LITERAL + (pattern[index] ?? ''));
    } else {
      tokens.push(character === '*' || character === '?' ? character : LITERAL + character);
    }
  }
  return tokens;
}

/**
 * `ArnLike`: each of the six parts is matched alone, so that a `*` does not reach over a colon.
 * Ref: IAM/latest/UserGuide/reference_policies_elements_condition_operators#Conditions_ARN
 */
export function matchesArn(pattern: string, text: string): boolean {
  const [patterns, parts] = [arnParts(pattern), arnParts(text)];

  return (
    patterns.length === parts.length && patterns.every((part, index) => matchesWildcard(part, parts[index] as string))
  );
}

const ARN_PARTS = 6;

function arnParts(text: string): readonly string[] {
  const parts = text.split(':');

  return parts.length < ARN_PARTS ? parts : [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(':')];
}
