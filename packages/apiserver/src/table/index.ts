export type { TableObject, TableOptions } from './table.ts';
export { makeTable, partialMetadata } from './table.ts';
export type { TableSource } from './table-source.ts';
