import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ApiParameter, ParameterType } from '../../../core/apic/api-definition.ts';
import type { ParameterValue } from '../../../core/apic/parameter-value.ts';
import { sqlTemplate } from '../../../core/apic/sql-template.ts';

function declare(types: Record<string, ParameterType>): ApiParameter[] {
  return Object.entries(types).map(([name, type]) => ({ name, in: 'query', type, required: false }));
}

const PARAMETERS: readonly ApiParameter[] = [
  ...declare({
    q: 'string',
    name: 'string',
    zone: 'string',
    'x-zone': 'string',
    id: 'integer',
    endless: 'integer',
    rate: 'number',
    open: 'boolean',
    ids: 'integer',
    names: 'string',
  }),
  ...['limit', 'offset'].map(
    (name): ApiParameter => ({ name, in: 'query', type: 'integer', required: true, minimum: 0, maximum: 1000 }),
  ),
  { name: 'maybe', in: 'query', type: 'integer', required: false, minimum: 0, maximum: 9 },
];

function render(sql: string, values: Record<string, ParameterValue> = {}) {
  const rendered = sqlTemplate(sql, PARAMETERS).render(new Map(Object.entries(values)));

  return {
    sql: rendered.sql,
    bound: Object.fromEntries(rendered.parameters.map(({ name, value }) => [name, Object.entries(value)[0]])),
  };
}

test('a statement without parameters is the statement', () => {
  const sql = 'SELECT COUNT(Status) AS FreeNo FROM ParkingData WHERE Status="0"';

  expect(render(`${sql};\n`)).toEqual({ sql, bound: {} });
});

test.each([
  ['id', 7, ['longValue', 7]],
  ['rate', 7.5, ['doubleValue', 7.5]],
  ['rate', 7, ['longValue', 7]],
  ['rate', 1e300, ['doubleValue', 1e300]],
  ['open', true, ['booleanValue', true]],
  ['name', "x' or '1'='1", ['stringValue', "x' or '1'='1"]],
] as const)('${%s} = %j is bound as %j', (name, value, bound) => {
  expect(render(`select * from t where c = \${${name}}`, { [name]: value })).toEqual({
    sql: 'select * from t where c = :p0',
    bound: { p0: bound },
  });
});

test.each([
  ["name = '${name}'", 'name = :p0'],
  ['name = "${name}"', 'name = :p0'],
  ["name like '%${name}%'", "name like concat('%', :p0, '%')"],
  ['name like "${name}%"', 'name like concat(:p0, "%")'],
  ["name = 'it''s ${name}\\'s'", "name = concat('it''s ', :p0, '\\'s')"],
  ["c = '${name}-${name}'", "c = concat(:p0, '-', :p0)"],
  ["c = '${ name }'", 'c = :p0'],
  ["c = cast('${name}' as signed)", 'c = cast(:p0 as signed)'],
])('inside a literal: %s is %s', (before, after) => {
  expect(render(`select 1 from t where ${before}`, { name: 'A' })).toEqual({
    sql: `select 1 from t where ${after}`,
    bound: { p0: ['stringValue', 'A'] },
  });
});

test('inside a literal a number is text, outside it is a number', () => {
  expect(render("select 1 where a = '${id}' and b = ${id}", { id: 5 })).toEqual({
    sql: 'select 1 where a = :p0 and b = :p1',
    bound: { p0: ['stringValue', '5'], p1: ['longValue', 5] },
  });
});

test('an escaped ${ is text, and so is a colon in a literal or a comment', () => {
  const sql = "select '\\${name}', ':name ?', `a:b` /* :c? */ -- :d";

  expect(render(sql)).toEqual({ sql, bound: {} });
});

test('a variable may be assigned', () => {
  expect(render('select @a := ${id}', { id: 1 }).sql).toBe('select @a := :p0');
});

test('a header name with a dash is a parameter', () => {
  expect(render('select ${x-zone}', { 'x-zone': 'A' })).toEqual({
    sql: 'select :p0',
    bound: { p0: ['stringValue', 'A'] },
  });
});

test('an absent parameter is NULL', () => {
  expect(render('select ${id}')).toEqual({ sql: 'select :p0', bound: { p0: ['isNull', true] } });
});

const BLOCKS =
  'select 1 from t where 1=1[ and zone = ${zone}[ and name like "%${name}%"]][ and id between ${id} and ${limit}]';

test.each([
  [{}, 'select 1 from t where 1=1'],
  [{ zone: 'A' }, 'select 1 from t where 1=1 and zone = :p0'],
  [{ name: 'x' }, 'select 1 from t where 1=1'],
  [{ zone: 'A', name: 'x' }, 'select 1 from t where 1=1 and zone = :p0 and name like concat("%", :p1, "%")'],
  [{ id: 1 }, 'select 1 from t where 1=1'],
  [{ id: 1, limit: 2 }, 'select 1 from t where 1=1 and id between :p0 and :p1'],
])('with %j the optional blocks leave %s', (values, expected) => {
  expect(render(BLOCKS, values as Record<string, ParameterValue>).sql).toBe(expected);
});

test('brackets in literals, names and comments are no blocks', () => {
  const sql = "select doc->'$[0]', `a[0]` /* [ */ from t";

  expect(render(sql)).toEqual({ sql, bound: {} });
});

test('a parameter alone in the brackets of IN takes a list', () => {
  const sql = 'select 1 where id in (${ids}) and name not in( ${names} )';

  expect([...sqlTemplate(sql, PARAMETERS).lists]).toEqual(['ids', 'names']);
  expect(render(sql, { ids: [1, 2, 3], names: ['a,b'] })).toEqual({
    sql: 'select 1 where id in (:p0, :p1, :p2) and name not in( :p3 )',
    bound: { p0: ['longValue', 1], p1: ['longValue', 2], p2: ['longValue', 3], p3: ['stringValue', 'a,b'] },
  });
  expect(render(sql).sql).toBe('select 1 where id in (:p0) and name not in( :p1 )');
});

test('beside other values in IN a parameter is one value', () => {
  expect(sqlTemplate('select 1 where id in (${id}, ${limit})', PARAMETERS).lists.size).toBe(0);
});

test('an optional block may hold a list', () => {
  expect(render('select 1 where 1=1[ and id in (${ids})]').sql).toBe('select 1 where 1=1');
});

test.each([
  ['select ${nobody}', '${nobody}', 'a declared parameter (${q}, ${name}'],
  ["select '${nobody}'", '${nobody}', 'a declared parameter'],
  ['select ${', '${', 'a parameter such as ${deviceId}'],
  ["select '${na'", '${na', 'a parameter such as ${deviceId}'],
  ['select ${a b}', '${a b}', 'a parameter such as'],
  ['select `${name}`', '`${name}`', 'not inside a name in backticks'],
  ['select 1 -- ${name}', '-- ${name}', 'not inside a comment'],
  ['select 1 /* ${name} */', '/* ${name} */', 'not inside a comment'],
  ['select 1 where a = #{name}', '#{name}', '# begins a comment'],
  ['select :name', ':name', 'parameters as ${name}'],
  ['select ?', '?', 'parameters as ${name}'],
  ['select 1 [ and a = ${id}', '[ and a = ${id}', 'an optional block that ends with ]'],
  ['select 1 ] and a = ${id}', '] and a = ${id}', 'a ] only where a [ is open'],
  ['select 1 [ and a = 1 ]', '[ and a = 1 ]', 'an optional block that holds a parameter itself'],
  ['select 1 [ and a = 1 [ and b = ${id} ]]', '[ and a = 1', 'an optional block that holds a parameter itself'],
  ["select 'a", "'a", 'text that ends with its quote'],
  ['select 1; drop table t', 'drop table t', 'one SQL statement'],
  ['-- nothing', '-- nothing', 'one SQL statement'],
  ["select date '${name}'", "date '${name}'", "cast('${d}' as date)"],
  ["select doc->'$.${name}'", "->'$.${name}'", 'a literal without parameters'],
  ["select _utf8mb4'${name}'", "_utf8mb4'${name}'", 'a literal without parameters'],
  ["select 'a' '${name}'", "'${name}'", 'one literal'],
  ["select '${name}' /* and */ 'b'", "'${name}'", 'one literal'],
  ['select 1 limit ${q}', '${q} of type string after LIMIT', 'a parameter of type integer'],
  ['select 1 limit ${limit}, ${q}', '${q} of type string after LIMIT', 'a parameter of type integer'],
  ['select 1 limit 5 offset ${rate}', '${rate} of type number after LIMIT', 'a parameter of type integer'],
  ['select 1 limit ${endless}', '${endless} without bounds after LIMIT', 'a minimum of at least 0 and a maximum'],
  ['select 1 limit ${maybe}', '${maybe} that may be absent after LIMIT', 'an optional block'],
  ['select * from t_${q}', '${q}', 'not as a part of a name'],
  ['select ${q}_total', '${q}_total', 'not as a part of a name'],
  ['select s.${q} from s', '${q} from s', 'not as a part of a name'],
  ['select :${q}', '${q}', 'not as a part of a name'],
  ['select ${ids} where id in (${ids})', '${ids}', 'either as a list or as one value'],
])('%s is refused and says where and why', (sql, received, allowed) => {
  expect(() => sqlTemplate(sql, PARAMETERS, 'Parking/free: sql')).toThrow(
    expect.objectContaining({
      name: 'InvalidSetting',
      message: expect.stringMatching(/^Parking\/free: sql: received .*; allowed: /s),
    }),
  );
  expect(() => sqlTemplate(sql, PARAMETERS)).toThrow(JSON.stringify(received).slice(1, -1));
  expect(() => sqlTemplate(sql, PARAMETERS)).toThrow(allowed);
});

test('words that stand right at a literal, a block or a parameter stay words', () => {
  const sql = "select 'x${name}'as n from t where name like'%${q}'and':p1x'<>\"${zone}\"[ and id=${id}]order by n";

  expect(render(sql, { id: 1 }).sql).toBe(
    "select concat('x', :p0)as n from t where name like concat('%', :p1)and':p1x'<>:p2 and id=:p3 order by n",
  );
  const block = 'select 1 where 1=1[and id=${id}]order by 1';
  expect(render(block, { id: 1 }).sql).toBe('select 1 where 1=1 and id=:p0 order by 1');
  expect(render(block).sql).toBe('select 1 where 1=1 order by 1');
  expect(render("select 1 where 'a'='${name}'and 1").sql).toBe("select 1 where 'a'=:p0 and 1");
});

test('rows may be limited by integers', () => {
  expect(render('select 1 limit ${limit} offset ${offset}', { limit: 10, offset: 20 })).toEqual({
    sql: 'select 1 limit :p0 offset :p1',
    bound: { p0: ['longValue', 10], p1: ['longValue', 20] },
  });
});

test('a row count that may be absent stands in a block of its own', () => {
  expect(render('select 1[ limit ${maybe}]').sql).toBe('select 1');
  expect(render('select 1[ limit ${maybe}]', { maybe: 3 }).sql).toBe('select 1 limit :p0');
});

test('no value ever becomes part of the text, and each is bound as it came', () => {
  const template = sqlTemplate(
    'select ${q}, \'%${name}\', "${zone}" from t where id in (${names})[ and z = ${x-zone}] limit ${limit}',
    PARAMETERS,
  );
  const texts = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(
      texts,
      texts,
      texts,
      fc.array(texts, { minLength: 2, maxLength: 2 }),
      texts,
      (q, name, zone, names, x) => {
        const values = new Map<string, ParameterValue>(Object.entries({ q, name, zone, names, 'x-zone': x, limit: 1 }));
        const { sql, parameters } = template.render(values);

        expect(sql).toBe("select :p0, concat('%', :p1), :p2 from t where id in (:p3, :p4) and z = :p5 limit :p6");
        expect(parameters.map(({ value }) => Object.values(value)[0])).toEqual([q, name, zone, ...names, x, 1]);
      },
    ),
  );
});

test('whatever is around, a literal keeps its bytes', () => {
  const inner = fc.string({
    unit: fc.constantFrom('a', "''", '\\\\', "\\'", '"', '`', '#', '--', ':x', '?', '[', ']', ';', '%', '$'),
  });
  fc.assert(
    fc.property(inner, inner, (left, right) => {
      const { sql } = render(`select '${left}', '${left}\${name}${right}'`, { name: 'v' });
      const pieces = [...(left === '' ? [] : [`'${left}'`]), ':p0', ...(right === '' ? [] : [`'${right}'`])];
      const expression = pieces.length === 1 ? ':p0' : `concat(${pieces.join(', ')})`;

      expect(sql).toBe(`select '${left}', ${expression}`);
    }),
  );
});
