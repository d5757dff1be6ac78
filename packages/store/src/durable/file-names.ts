// Names of the files in a store's folder; those of one kind sort by revision.
import { join } from 'node:path';

const DIGITS = 16;
const NAME = /^(log|snapshot)-(\d{16})$/;
/** A file under this ending is not finished and is removed at the next start. */
export const PART = '.part';

export interface StoreFile {
  readonly kind: 'log' | 'snapshot';
  /** A log: the first revision that it may hold. A snapshot: the revision that it shows. */
  readonly revision: number;
  readonly path: string;
}

export function storeFile(folder: string, kind: StoreFile['kind'], revision: number): StoreFile {
  return { kind, revision, path: join(folder, `${kind}-${String(revision).padStart(DIGITS, '0')}`) };
}

/** The store's files among the names of a folder, in order of their revisions. */
export function storeFiles(folder: string, names: readonly string[]): readonly StoreFile[] {
  return names
    .flatMap((name) => {
      const [, kind, revision] = NAME.exec(name) ?? [];
      return kind ? [storeFile(folder, kind as StoreFile['kind'], Number(revision))] : [];
    })
    .toSorted((a, b) => a.revision - b.revision);
}
