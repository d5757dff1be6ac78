import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Format, printResult, type TextResult } from './print.ts';

const result: TextResult = {
  columns: [
    { name: 'id', alignRight: true },
    { name: 'sensor name', alignRight: false },
  ],
  rows: [
    ['1', 'temp'],
    ['20', null],
    ['3', 'two\nlines'],
    ['4', 'a "quoted", value'],
  ],
};

describe('a result', () => {
  it.each<[Format, readonly string[]]>([
    [
      'table',
      [
        '  id |    sensor name',
        '-----+--------------------',
        '   1 | temp',
        '  20 | NULL',
        '   3 | two',
        '     | lines',
        '   4 | a "quoted", value',
        '(4 rows)',
      ],
    ],
    ['csv', ['id,sensor name', '1,temp', '20,NULL', '3,"two', 'lines"', '4,"a ""quoted"", value"']],
    ['tsv', ['id\tsensor name', '1\ttemp', '20\tNULL', '3\t"two', 'lines"', '4\t"a ""quoted"", value"']],
    [
      'records',
      [
        '-[ RECORD 1 ]',
        'id          | 1',
        'sensor name | temp',
        '-[ RECORD 2 ]',
        'id          | 20',
        'sensor name | NULL',
        '-[ RECORD 3 ]',
        'id          | 3',
        'sensor name | two',
        '            | lines',
        '-[ RECORD 4 ]',
        'id          | 4',
        'sensor name | a "quoted", value',
      ],
    ],
    [
      'ndjson',
      [
        '{"id":"1","sensor name":"temp"}',
        '{"id":"20","sensor name":null}',
        '{"id":"3","sensor name":"two\\nlines"}',
        '{"id":"4","sensor name":"a \\"quoted\\", value"}',
      ],
    ],
    [
      'sql',
      [
        'CREATE TABLE results (',
        '  id STRING,',
        '  "sensor name" STRING',
        ');',
        "INSERT INTO results VALUES ('1', 'temp');",
        "INSERT INTO results VALUES ('20', NULL);",
        "INSERT INTO results VALUES ('3', 'two",
        "lines');",
        `INSERT INTO results VALUES ('4', 'a "quoted", value');`,
        '-- 4 rows',
      ],
    ],
    [
      'raw',
      [
        '# 2 columns',
        '# row 1',
        '## 1',
        '1',
        '## 4',
        'temp',
        '# row 2',
        '## 2',
        '20',
        '## 4',
        'NULL',
        '# row 3',
        '## 1',
        '3',
        '## 9',
        'two',
        'lines',
        '# row 4',
        '## 1',
        '4',
        '## 17',
        'a "quoted", value',
        '# 4 rows',
      ],
    ],
    [
      'html',
      [
        '<table>',
        '<thead><tr><th>row</th><th>id</th><th>sensor name</th></tr></thead>',
        '<tbody>',
        '<tr><td>1</td><td>1</td><td>temp</td></tr>',
        '<tr><td>2</td><td>20</td><td>NULL</td></tr>',
        '<tr><td>3</td><td>3</td><td>two<br/>lines</td></tr>',
        '<tr><td>4</td><td>4</td><td>a &#34;quoted&#34;, value</td></tr>',
        '</tbody>',
        '<tfoot><tr><td colspan=3>4 rows</td></tr></tfoot></table>',
      ],
    ],
  ])('as %s', (format, lines) => {
    expect(printResult(result, format)).toBe(`${lines.join('\n')}\n`);
  });

  it('of no rows, and of no columns', () => {
    expect(printResult({ columns: [{ name: 'a', alignRight: false }], rows: [] }, 'table')).toBe('  a\n-----\n(0 rows)\n');
    expect(printResult({ columns: [], rows: [[]] }, 'table')).toBe('--\n(1 row)\n');
  });

  it('can be read back from csv, whatever the values', () => {
    const cell = fc.oneof(fc.constantFrom('NULL', '', '"', ',', '\n', '\r\n', ' x '), fc.string());
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 8 }), (rows) => {
        const printed = printResult({ columns: ['a', 'b'].map((name) => ({ name, alignRight: false })), rows }, 'csv');
        expect(readCsv(printed)).toEqual([['a', 'b'], ...rows]);
      }),
    );
  });
});

/** RFC 4180. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])/gy;
  let row: string[] = [];
  for (let match = field.exec(text); match; match = field.exec(text)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === '\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
