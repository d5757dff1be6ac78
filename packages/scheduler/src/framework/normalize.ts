// Bringing a plugin's numbers to upstream's scale of scores.

export const MAX_SCORE = 100;

/** The largest becomes 100, the others in proportion; reversed: the largest becomes 0. */
export function defaultNormalize(scores: readonly number[], reverse: boolean): readonly number[] {
  const max = scores.reduce((a, b) => Math.max(a, b), 0);
  if (max === 0) return reverse ? scores.map(() => MAX_SCORE) : scores;
  return scores.map((score) => {
    const scaled = Math.floor((score * MAX_SCORE) / max);
    return reverse ? MAX_SCORE - scaled : scaled;
  });
}
