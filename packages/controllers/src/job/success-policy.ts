// successPolicy: a job with indexes that is done before all of them are.
import type { JobSpec } from '@holdfast/schema';
import { parseIndexes } from './indexes.ts';

/** The condition's message; undefined while no rule is met. */
export function metSuccessPolicy({ successPolicy, completions = 0 }: JobSpec, succeeded: ReadonlySet<number>): string | undefined {
  if (succeeded.size === 0) return undefined;
  const met = (successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const wanted = [...parseIndexes(succeededIndexes, completions)];
    const there = wanted.filter((index) => succeeded.has(index)).length;
    return there >= (succeededCount ?? wanted.length);
  });
  return met < 0 ? undefined : `Matched rules at index ${met}`;
}
