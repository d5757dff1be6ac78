// Values such as maxUnavailable: a number, or a percentage of a total.

/**
 * The number that `value` stands for: itself, or its percentage of `total`, rounded up or down.
 * Throws an Error with upstream's words for text that is not a percentage.
 */
export function scaledValue(value: number | string, total: number, roundUp: boolean): number {
  if (typeof value === 'number') return value;
  const match = /^([+-]?\d+)%$/.exec(value);
  if (!match)
    throw new Error(
      `invalid value for IntOrString: ${value.endsWith('%') ? `invalid value ${JSON.stringify(value)}: invalid syntax` : 'invalid type: string is not a percentage'}`,
    );
  const scaled = (Number(match[1]) * total) / 100;
  return roundUp ? Math.ceil(scaled) : Math.floor(scaled);
}

/** Whether `value` is text of the form '25%'. */
export function isPercentage(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9]+%$/.test(value);
}
