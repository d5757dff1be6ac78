// What is said when a store's files are not as they were written.

/** A file of the store is damaged where no crash can have done it: nothing is guessed, the store does not open. */
export class StoreDamaged extends Error {
  override readonly name = 'StoreDamaged';
  readonly path: string;
  readonly offset: number;

  constructor(path: string, offset: number, what: string) {
    super(
      `${path} is damaged at byte ${offset}: ${what}. No crash does this; the disk or another program did. Keep the folder for inspection and restore a saved snapshot`,
    );
    this.path = path;
    this.offset = offset;
  }
}
