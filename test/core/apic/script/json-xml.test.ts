import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonToXml, xmlToJson } from '../../../../core/apic/script/json-xml.ts';

const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,8}$/);
const text = fc.string().filter((value) => value === value.trim() && !/[^\u0020-\ud7ff]/.test(value));
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(name, tie('json'), { maxKeys: 4 }),
  ),
}));

test('what is written with its types is read again as it was', () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(json), fc.dictionary(name, json)), (value) => {
      const written = jsonToXml({ text: JSON.stringify(value), typed: true });

      expect(JSON.parse(xmlToJson({ text: written, hints: true }))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('whatever is written is XML, and its texts are what they were', () => {
  fc.assert(
    fc.property(name, text, (field, value) => {
      const written = jsonToXml({ text: JSON.stringify({ [field]: value }), rootName: 'r' });

      expect(JSON.parse(xmlToJson({ text: written, root: true }))).toEqual({
        r: field === 'content' ? value : { [field]: value },
      });
    }),
  );
});
