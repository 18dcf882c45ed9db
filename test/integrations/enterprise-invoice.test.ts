import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { scripts } from '../functions/shared/script/script-fixture.ts';

const SOURCE = readFileSync(join(import.meta.dirname, '../../integrations/enterprise/scripts/invoice.js'), 'utf8');
const { run } = scripts();

const invoice = (body: unknown) => run(SOURCE, { data: { method: 'POST', body } }) as Promise<Answer>;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

test('an order in JSON becomes an invoice in XML, with its checksum and a receipt', async () => {
  const lines = [
    { article: 'A&B', price: 9.5, count: 2 },
    { article: '灯', price: 1, count: 3 },
  ];
  const { status, headers, body } = await invoice({ customer: 'Müller <AG>', lines, paid: 'true' });

  expect(status).toBe(200);
  expect(body).toMatch(
    /^<invoice><number>[0-9a-f]{32}<\/number><date>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d<\/date><customer>Müller &lt;AG&gt;<\/customer>/,
  );
  expect(body).toContain(
    '<line><article>A&amp;B</article><price>9.5</price><count>2</count></line>' +
      '<line><article>灯</article><price>1</price><count>3</count></line><total>22.00</total></invoice>',
  );
  expect(headers['X-Checksum']).toBe(createHash('md5').update(body).digest('hex'));
  expect(JSON.parse(Buffer.from(headers['X-Receipt'] ?? '', 'base64').toString())).toEqual({
    number: /<number>(.*)<\/number>/.exec(body)?.[1],
    paid: true,
  });
});

test('an order without lines is refused by the script', async () => {
  expect(await invoice({ customer: 'x' })).toMatchObject({ status: 400 });
});
