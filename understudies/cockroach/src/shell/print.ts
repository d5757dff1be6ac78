// Results as `cockroach sql` and `cockroach node status` print them.

export type Format = 'table' | 'csv' | 'tsv' | 'records' | 'raw' | 'ndjson' | 'sql' | 'html';
export const FORMATS: readonly Format[] = ['table', 'csv', 'tsv', 'records', 'raw', 'ndjson', 'sql', 'html'];

/** A result with its values as text; null is NULL. */
export interface TextResult {
  readonly columns: readonly { readonly name: string; readonly alignRight: boolean }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** The whole text, with its last line ended. */
export function printResult(result: TextResult, format: Format): string {
  switch (format) {
    case 'table':
      return table(result);
    case 'csv':
      return lines(result, ',', (value) => (/[",\r\n]|^\s|\s$/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value));
    case 'tsv':
      return lines(result, '\t', (value) => (/[\t\r\n"]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value));
    case 'records':
      return records(result);
    case 'raw':
      return raw(result);
    case 'ndjson':
      return ndjson(result);
    case 'sql':
      return statements(result);
    case 'html':
      return html(result);
  }
}

function names({ columns }: TextResult): readonly string[] {
  return columns.map((column) => column.name);
}

function table(result: TextResult): string {
  const { columns, rows } = result;
  const text = rows.map((row) => row.map((value) => (value ?? 'NULL').split('\n')));
  const widths = columns.map(({ name }, index) => {
    const longest = text.flatMap((row) => row[index] ?? []).map(width);
    return Math.max(width(name), ...longest);
  });
  const pad = (value: string, index: number, right: boolean): string => {
    const blank = ' '.repeat((widths[index] ?? 0) - width(value));
    return right ? blank + value : value + blank;
  };
  const out: string[] = [];
  if (columns.length === 0) {
    out.push('--');
  } else {
    // Names are centred, numbers stand to the right.
    const centred = columns.map(({ name }, index) => {
      const space = (widths[index] ?? 0) - width(name);
      const before = Math.floor(space / 2);
      return ' '.repeat(before) + name + ' '.repeat(space - before);
    });
    out.push(`  ${centred.join(' | ')}`.trimEnd());
    out.push(`-${widths.map((size) => '-'.repeat(size + 2)).join('+')}-`);
  }
  for (const row of columns.length === 0 ? [] : text) {
    const height = Math.max(1, ...row.map((value) => value.length));
    for (let line = 0; line < height; line++) {
      const cells = columns.map(({ alignRight }, index) => pad(row[index]?.[line] ?? '', index, alignRight));
      out.push(`  ${cells.join(' | ')}`.trimEnd());
    }
  }
  out.push(`(${countOf(result)})`);
  return `${out.join('\n')}\n`;
}

function lines(result: TextResult, separator: string, quote: (value: string) => string): string {
  const row = (values: readonly (string | null)[]): string => `${values.map((value) => quote(value ?? 'NULL')).join(separator)}\n`;
  return [names(result), ...result.rows].map(row).join('');
}

function records(result: TextResult): string {
  const longest = Math.max(0, ...names(result).map(width));
  return result.rows
    .map((row, index) => {
      const fields = names(result).map((name, column) =>
        (row[column] ?? 'NULL')
          .split('\n')
          .map((line, number) => `${number === 0 ? name + ' '.repeat(longest - width(name)) : ' '.repeat(longest)} | ${line}\n`)
          .join(''),
      );
      return `-[ RECORD ${index + 1} ]\n${fields.join('')}`;
    })
    .join('');
}

function raw(result: TextResult): string {
  const out = [`# ${result.columns.length} ${result.columns.length === 1 ? 'column' : 'columns'}`];
  for (const [index, row] of result.rows.entries()) {
    out.push(`# row ${index + 1}`);
    for (const value of row) out.push(`## ${Buffer.byteLength(value ?? 'NULL')}`, value ?? 'NULL');
  }
  out.push(`# ${countOf(result)}`);
  return `${out.join('\n')}\n`;
}

function ndjson(result: TextResult): string {
  return result.rows
    .map((row) => `${JSON.stringify(Object.fromEntries(names(result).map((name, index) => [name, row[index]])))}\n`)
    .join('');
}

function statements(result: TextResult): string {
  const columns = names(result).map((name) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`));
  const definition = `CREATE TABLE results (\n${columns.map((name) => `  ${name} STRING`).join(',\n')}\n);\n`;
  const value = (text: string | null): string => (text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`);
  const inserts = result.rows.map((row) => `INSERT INTO results VALUES (${row.map(value).join(', ')});\n`);
  return [definition, ...inserts, `-- ${countOf(result)}\n`].join('');
}

function html(result: TextResult): string {
  const escape = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;').replaceAll('\n', '<br/>');
  const head = ['row', ...names(result)].map((name) => `<th>${escape(name)}</th>`);
  const body = result.rows.map(
    (row, index) => `<tr>${[String(index + 1), ...row].map((value) => `<td>${escape(value ?? 'NULL')}</td>`).join('')}</tr>\n`,
  );
  const foot = `<tfoot><tr><td colspan=${head.length}>${countOf(result)}</td></tr></tfoot>`;
  return `<table>\n<thead><tr>${head.join('')}</tr></thead>\n<tbody>\n${body.join('')}</tbody>\n${foot}</table>\n`;
}

/** `1 row`, `2 rows`. */
function countOf({ rows }: TextResult): string {
  return `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`;
}

/** Characters, as far as a terminal shows them one column wide each. */
function width(text: string): number {
  return Array.from(text).length;
}
