import { InvalidSetting } from '../errors.ts';
import { excerpt } from '../sql/lexer.ts';
import type { ApiParameter } from './api-definition.ts';
import type { TemplateSource } from './template-piece.ts';

/** `${name}`; names of headers and form fields may hold dots and dashes. */
const PARAMETER = /\$\{\s*([A-Za-z_][\w.-]*)\s*\}/y;

/**
 * The declared parameter whose `${` stands at this place of a text, and where it ends.
 *
 * @throws InvalidSetting for what is no parameter or none that was declared
 */
export function templateParameter(
  text: string,
  at: number,
  source: TemplateSource,
): { parameter: ApiParameter; end: number } {
  PARAMETER.lastIndex = at;
  const match = PARAMETER.exec(text);
  if (match === null) {
    throw new InvalidSetting(source.setting, excerpt(text, at), 'a parameter such as ${deviceId}');
  }
  const parameter = source.declared.get(match[1] as string);
  if (parameter === undefined) {
    const names = [...source.declared.keys()].map((name) => `\${${name}}`).join(', ');

    throw new InvalidSetting(
      source.setting,
      match[0],
      `a declared parameter (${names === '' ? 'none is declared' : names})`,
    );
  }

  return { parameter, end: PARAMETER.lastIndex };
}
