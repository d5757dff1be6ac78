// Tables of custom resources: the columns that their definition declares.
import type { CustomResourceColumnDefinition, KubeObject } from '@holdfast/schema';
import { age } from '../duration.ts';
import type { Cell, Printer } from '../printer.ts';
import { compileJsonPath, type JsonPath, JsonPathError } from './json-path.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** Used where a definition declares no columns. */
const AGE: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: '',
  jsonPath: '.metadata.creationTimestamp',
};
const NAME_COLUMN: Column = { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 };

/** Name, and what is declared. */
export function customColumns(declared: readonly CustomResourceColumnDefinition[]): readonly Column[] {
  return [
    NAME_COLUMN,
    ...effective(declared).map(({ name, type, format = '', description = '', priority = 0 }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
  ];
}

/** Prints the declared columns; a value that is missing or of another type gives an empty cell. */
export function customPrinter(declared: readonly CustomResourceColumnDefinition[]): Printer {
  const columns = effective(declared).map(({ type, jsonPath }) => ({ type, find: lenient(jsonPath) }));
  return {
    cells(object: KubeObject, { now }) {
      return [object.metadata.name ?? '', ...columns.map(({ type, find }) => cellOf(type, find(object)[0], now))];
    },
  };
}

function effective(declared: readonly CustomResourceColumnDefinition[]): readonly CustomResourceColumnDefinition[] {
  return declared.length > 0 ? declared : [AGE];
}

/** A path that cannot be read leaves its column empty instead of failing every list of the kind. */
function lenient(path: string): JsonPath {
  try {
    return compileJsonPath(path);
  } catch (error) {
    if (error instanceof JsonPathError) return () => [];
    throw error;
  }
}

function cellOf(type: string, value: unknown, now: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? dateCell(value, now) : null;
    default:
      return goText(value);
  }
}

function dateCell(value: string, now: number): string {
  const at = Date.parse(value);
  return Number.isNaN(at) ? '<invalid>' : age(value, now);
}

/** As Go prints values: lists and maps in brackets, without commas or quotes. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `map[${pairs.map(([key, item]) => `${key}:${goText(item)}`).join(' ')}]`;
  }
  return value === null || value === undefined ? '<nil>' : String(value as string | number | boolean);
}
