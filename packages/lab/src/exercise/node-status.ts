// Reads what `cockroach node status --format=csv` says.

/** One database node as the database sees it. */
export interface DatabaseNode {
  readonly id: string;
  readonly address: string;
  readonly isLive: boolean;
}

/** Parses the CSV; throws when it has not the columns that cockroach prints. */
export function parseNodeStatus(csv: string): readonly DatabaseNode[] {
  const [head, ...rows] = csv
    .trim()
    .split('\n')
    .map((line) => line.trim().split(','));
  const column = (name: string): number => {
    const index = head?.indexOf(name) ?? -1;
    if (index < 0) throw new Error(`node status has no column ${name}: ${csv.slice(0, 200)}`);
    return index;
  };
  const id = column('id');
  const address = column('address');
  const live = column('is_live');
  return rows.map((row) => ({ id: row[id] ?? '', address: row[address] ?? '', isLive: row[live] === 'true' }));
}
