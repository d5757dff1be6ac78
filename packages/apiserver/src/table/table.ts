// Tables as the API serves them to kubectl: column definitions, and rows of cells with the metadata of their objects.
import { type KubeObject, type TableColumn, tableColumnsOf } from '@holdfast/schema';
import type { IncludeObject } from '../negotiation/output-form.ts';
import { customColumns, customPrinter } from './custom/custom-columns.ts';
import { type Cell, type Printer, type RowCondition } from './printer.ts';
import { builtInPrinter, CREATED_AT } from './printers/index.ts';
import type { TableSource } from './table-source.ts';

/** A column as it is sent: every member is always there. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly Cell[];
  readonly conditions?: readonly RowCondition[];
  readonly object?: KubeObject;
}

export interface TableObject extends KubeObject {
  readonly columnDefinitions?: readonly ColumnDefinition[];
  readonly rows: readonly TableRow[];
}

export interface TableOptions {
  readonly source: TableSource;
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
  readonly version: 'v1' | 'v1beta1';
  readonly includeObject: IncludeObject;
  /** False for all events of a watch but the first. */
  readonly withColumns: boolean;
  /** metadata of the list, or of the one object. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** The table of some objects of one resource. */
export function makeTable(objects: readonly KubeObject[], options: TableOptions): TableObject {
  const { source, version, includeObject, withColumns } = options;
  const apiVersion = `meta.k8s.io/${version}`;
  const { columns, printer } = layoutOf(source);
  const context = { now: options.now };
  const rows = objects.map((object): TableRow => {
    const conditions = printer.conditions?.(object) ?? [];
    return {
      // A bookmark has no name and nothing to print.
      cells: object.metadata?.name === undefined ? columns.map(() => null) : printer.cells(object, context),
      ...(conditions.length > 0 ? { conditions } : {}),
      ...rowObject(object, includeObject, apiVersion),
    };
  });
  return {
    kind: 'Table',
    apiVersion,
    metadata: listMetadata(options.metadata),
    ...(withColumns ? { columnDefinitions: columns } : {}),
    rows,
  };
}

/** An object's metadata as an object of its own. */
export function partialMetadata(object: KubeObject, apiVersion: string): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata };
}

interface Layout {
  readonly columns: readonly ColumnDefinition[];
  readonly printer: Printer;
}

function layoutOf(source: TableSource): Layout {
  if (source.customColumns) return { columns: customColumns(source.customColumns), printer: customPrinter(source.customColumns) };
  const printer = builtInPrinter(source);
  // Two groups have `events`, with the same columns; every other plural name stands for one resource.
  return { columns: tableColumnsOf(printer ? source.resource : '_default').map(fullColumn), printer: printer ?? CREATED_AT };
}

function fullColumn({ name, type, format = '', priority = 0 }: TableColumn): ColumnDefinition {
  return { name, type, format, description: '', priority };
}

function rowObject(object: KubeObject, include: IncludeObject, apiVersion: string): { readonly object?: KubeObject } {
  if (include === 'None') return {};
  return { object: include === 'Object' ? object : partialMetadata(object, apiVersion) };
}

function listMetadata(metadata: Readonly<Record<string, unknown>> = {}): KubeObject['metadata'] {
  const { resourceVersion, continue: token, remainingItemCount } = metadata;
  return {
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(token === undefined ? {} : { continue: token }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  } as KubeObject['metadata'];
}
