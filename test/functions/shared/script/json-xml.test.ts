import { expect, test } from '@jest/globals';
import { scripts, using } from './script-fixture.ts';

const { run } = scripts();
const COMMON = 'com.roma.apic.livedata.common.v1';
const HELPERS = ['com.huawei.livedata.lambdaservice.util.JSONHelper', 'com.huawei.livedata.util.JSON2XMLHelper'];
const ask = (body: string) => run(using([`${COMMON}.JsonUtils`, `${COMMON}.XmlUtils`, ...HELPERS], body));
const text = (value: string) => JSON.stringify(value);

test('the examples of the reference system', async () => {
  expect(await ask(`XmlUtils.toMap('<a><id>2</id><name>1</name></a>')`)).toEqual({ id: '2', name: '1' });
  expect(await ask(`JsonUtils.convertJsonToXml('{"a":1}')`)).toBe('<a>1</a>');
});

test('JSON becomes XML: fields are elements, lists are several, marks are written out', async () => {
  const json = text(
    '{"order":{"id":7,"note":"a<b>&\\"c\\"","line":[{"n":1},{"n":2}],"gone":null,"on":true,"empty":{}}}',
  );

  expect(await ask(`JsonUtils.convertJsonToXml(${json})`)).toBe(
    '<order><id>7</id><note>a&lt;b&gt;&amp;&quot;c&quot;</note><line><n>1</n></line><line><n>2</n></line><gone>null</gone><on>true</on><empty/></order>',
  );
  expect(await ask(`JsonUtils.convertJsonToXml('{"a":1,"b":[[1,2]]}', 'root')`)).toBe(
    '<root><a>1</a><b><array>1</array><array>2</array></b></root>',
  );
});

test('XML becomes JSON: attributes and elements are fields, several a list, numbers are numbers', async () => {
  const xml = text(
    '<?xml version="1.0"?><o id="7" v="0123"><!-- c --><n>-1.5</n><n>x</n><t a="1">text</t><e/><c><![CDATA[<&amp;>]]></c><u>&lt;&#65;&#x4e16;</u><b>TRUE</b></o>',
  );

  expect(await ask(`XmlUtils.toJson(${xml})`)).toEqual({
    o: { id: 7, v: '0123', n: [-1.5, 'x'], t: { a: 1, content: 'text' }, e: '', c: '<&amp;>', u: '<A世', b: true },
  });
  expect(await ask(`JSON2XMLHelper.XML2JSON('<r><code>-1</code><m>x</m></r>')`)).toEqual({ r: { code: '-1', m: 'x' } });
});

test('JSONHelper says what was what, and reads it again', async () => {
  const json = text('{"n":1,"t":"x","b":true,"z":null,"l":[1,{"m":"y"}],"o":{"@id":"7","#text":"in"}}');
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<o><n type="number">1</n><t type="string">x</t><b type="boolean">true</b><z null="true"/>' +
    '<l class="array"><e type="number">1</e><e class="object"><m type="string">y</m></e></l><o class="object" id="7">in</o></o>\r\n';

  expect(await ask(`JSONHelper.json2Xml(${json})`)).toBe(xml);
  expect(await ask(`JSONHelper.xml2Json(JSONHelper.json2Xml(${json}))`)).toEqual(JSON.parse(JSON.parse(json)));
  expect(await ask(`JSONHelper.json2XmlWithoutType('[1,"x"]')`)).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<a><e>1</e><e>x</e></a>\r\n',
  );
  expect(await ask(`var map = JSONHelper.jsonToMap('{"a":{"b":1}}'); return map.get('a').get('b')`)).toBe(1);
});

test('XML is indented where that is asked for', async () => {
  expect(await ask(`JSON2XMLHelper.JSON2XML('{"a":{"b":1,"c":[]}}', true)`)).toBe('<a>\n  <b>1</b>\n</a>');
  expect(await ask(`JSON2XMLHelper.JSON2XML('{"a":{"b":1}}', false)`)).toBe('<a><b>1</b></a>');
  expect(await ask(`XmlUtils.toXml({ a: { b: 1 } }, { 'root-name': 'r', indent: true })`)).toBe(
    '<r>\n  <a>\n    <b>1</b>\n  </a>\n</r>',
  );
});

test('dates are milliseconds, or as the format says', async () => {
  const format = `{ 'date-format': 'yyyy-MM-dd HH:mm:ss' }`;

  expect(
    await ask(
      `var at = { at: new java.util.Date(1000), on: [new Date(0)] };
       return [JsonUtils.toJson(at), JsonUtils.toJson(at, ${format}), XmlUtils.toXml(at, ${format}), JsonUtils.toJson('x'), JsonUtils.toJson(null)]`,
    ),
  ).toEqual([
    '{"at":1000,"on":[0]}',
    '{"at":"1970-01-01 00:00:01","on":["1970-01-01 00:00:00"]}',
    '<at>1970-01-01 00:00:01</at><on>1970-01-01 00:00:00</on>',
    '"x"',
    'null',
  ]);
});

test('a map has the entries of JSON; a bean is filled by its setters', async () => {
  expect(
    await ask(
      `importClass(com.roma.apic.livedata.config.v1.DataSourceConfig);
       var bean = JsonUtils.toBean('{"type":"mysql","other":1}', DataSourceConfig.class);
       var map = JsonUtils.toMap('{"a":[1]}');
       return [bean.getType(), bean.other, bean instanceof DataSourceConfig, map.get('a').get(0), map.containsKey('b'),
         JsonUtils.toBean('{"a":1}', java.util.HashMap.class).get('a')]`,
    ),
  ).toEqual(['mysql', 1, true, 1, false, 1]);
});

const DEEP = `new Array(102).join('<a>') + new Array(102).join('</a>')`;

test.each([
  [
    'an entity of its own',
    `XmlUtils.toJson('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')`,
    'DOCTYPE',
  ],
  ['any document type', `XmlUtils.toMap('<!doctype a><a/>')`, 'allowed: XML without one'],
  ['an entity that is not declared', `XmlUtils.toJson('<a>&nbsp;</a>')`, 'received "&nbsp;"'],
  ['a character that is none', `XmlUtils.toJson('<a>&#0;</a>')`, 'received "&#0;"'],
  ['a tag that is not closed', `XmlUtils.toJson('<a><b></a>')`, 'line 1, column 7'],
  ['two roots', `XmlUtils.toJson('<a/><b/>')`, 'received "2 elements"; allowed: XML with one root'],
  ['a tag within a tag', `XmlUtils.toJson(new Array(5000).join('<a>'))`, 'line 1, column 1: Invalid'],
  ['no XML', `JSON2XMLHelper.XML2JSON('hello')`, 'JSON2XMLHelper.XML2JSON: xml: received "line 1, column 1'],
  ['nothing', `XmlUtils.toJson(null)`, 'XmlUtils.toJson: xml: received "null"; allowed: a text'],
  ['more than 100 levels', `XmlUtils.toJson(${DEEP})`, 'at most 100 elements in one another'],
  [
    'a name that all objects have',
    `XmlUtils.toMap('<a><__proto__>1</__proto__></a>')`,
    'is a reserved JavaScript keyword',
  ],
  ['more than 1 MB', `XmlUtils.toJson('<a>' + new Array(1048577).join('x') + '</a>')`, 'at most 1048576 bytes'],
  [
    'what is no JSON',
    `JsonUtils.convertJsonToXml('{a}')`,
    'JsonUtils.convertJsonToXml: json: received "something else"; allowed: JSON',
  ],
  ['a field that no element is named after', `JsonUtils.convertJsonToXml('{"a b":1}')`, 'received "a b"'],
  ['markup in a name', `JsonUtils.convertJsonToXml('{"a":1}', 'x><y')`, 'received "x><y"'],
  ['a control character', `JsonUtils.convertJsonToXml('{"a":"\\\\u0001"}')`, 'a control character'],
  [
    'JSON of too many levels',
    `JsonUtils.convertJsonToXml(new Array(200).join('{"a":') + '1' + new Array(200).join('}'))`,
    '100 levels',
  ],
  ['a list as a map', `JsonUtils.toMap('[1]')`, 'allowed: the JSON of an object'],
  [
    'an option that is not known',
    `JsonUtils.toJson({}, { dateFormat: 'yyyy' })`,
    'received "dateFormat"; allowed: date-format',
  ],
  ['a format that is none', `JsonUtils.toJson({}, { 'date-format': 'yyyy-ww' })`, 'SimpleDateFormat: received "ww"'],
])('%s is refused', async (_name, call, message) => {
  expect(await ask(`refusal(function () { ${call} })`)).toContain(message);
});
