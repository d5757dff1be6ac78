// Completion indexes: which of a job's indexes a pod is for, and lists of them as the status writes them.
import type { Pod } from '@holdfast/schema';

export const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index';

export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX_ANNOTATION];
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** '0-2,5'. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].toSorted((a, b) => a - b);
  const parts: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end++;
    parts.push(end === start ? String(sorted[start]) : `${sorted[start]}${end === start + 1 ? ',' : '-'}${sorted[end]}`);
    start = end + 1;
  }
  return parts.join(',');
}

/** The inverse, of those below `completions`; what is no list gives nothing. */
export function parseIndexes(text: string | undefined, completions: number): ReadonlySet<number> {
  const indexes = new Set<number>();
  for (const part of text ? text.split(',') : []) {
    const [first, last = first] = part.split('-').map(Number);
    if (first === undefined || last === undefined || !(first <= last)) return indexes;
    for (let index = first; index <= last && index < completions; index++) indexes.add(index);
  }
  return indexes;
}
