// Go's duration texts: '1h30m', '1.5s'.

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const PART = /(\d+)?(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/gy;

/** Nanoseconds of a Go duration, undefined for text that is none. */
export function parseDuration(text: string): bigint | undefined {
  const negative = text.startsWith('-');
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return 0n;
  let total = 0n;
  let end = 0;
  for (const match of body.matchAll(PART)) {
    const [whole, digits = '', fraction = '', unit = ''] = match;
    if (digits === '' && fraction === '') return undefined;
    const size = UNITS[unit] ?? 0n;
    total += BigInt(digits || '0') * size + (fraction === '' ? 0n : (BigInt(fraction) * size) / 10n ** BigInt(fraction.length));
    end += whole.length;
  }
  if (end === 0 || end !== body.length) return undefined;
  return negative ? -total : total;
}

/** As Go prints a duration: '1h30m0s', '1.5s', '250ms', '0s'. */
export function durationText(nanos: bigint): string {
  if (nanos === 0n) return '0s';
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  for (const unit of ['ns', 'µs', 'ms']) {
    const next = (UNITS[unit] ?? 1n) * 1000n;
    if (size < next) return `${sign}${decimal(size, UNITS[unit] ?? 1n)}${unit}`;
  }
  const hours = size / UNITS['h']!;
  const minutes = (size / UNITS['m']!) % 60n;
  const seconds = `${decimal(size % UNITS['m']!, UNITS['s']!)}s`;
  const text = hours > 0n ? `${hours}h${minutes}m${seconds}` : minutes > 0n ? `${minutes}m${seconds}` : seconds;
  return sign + text;
}

function decimal(value: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const fraction =
    digits === 0
      ? ''
      : String(value % unit)
          .padStart(digits, '0')
          .replace(/0+$/, '');
  return fraction === '' ? String(value / unit) : `${value / unit}.${fraction}`;
}
