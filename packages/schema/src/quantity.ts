// Resource quantities: '500m', '1.5Gi', '1e3'. Exact; kept as a whole number of billionths, as upstream rounds to nano.

/** How a quantity was written, and is written again. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

const NANO = 1_000_000_000n;
const DECIMAL_SUFFIXES: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const DECIMAL_BY_EXPONENT = new Map(Object.entries(DECIMAL_SUFFIXES).map(([suffix, exponent]) => [exponent, suffix]));
const BINARY_SUFFIXES: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** Larger exponents are refused: their value would not fit in any field, and computing it would cost memory without bound. */
const MAX_EXPONENT = 300;
const MAX_BINARY = (2n ** 63n - 1n) * NANO;

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?([a-zA-Z]*)([+-]?\d*)$/;
const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG = "unable to parse quantity's suffix";
/** Values below 1000 with a plain suffix are canonical as they are: what nearly all manifests hold. */
const PLAIN = /^(?:0|[1-9]\d{0,2}(?:m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi)?)$/;

/** Thrown for text that is not a quantity; the message is upstream's. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

/** An immutable quantity. */
export class Quantity {
  readonly #nanos: bigint;
  readonly format: QuantityFormat;

  constructor(nanos: bigint, format: QuantityFormat) {
    this.#nanos = nanos;
    this.format = format;
  }

  /** A whole number, written as DecimalSI unless told otherwise. */
  static of(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value) * NANO, format);
  }

  /** Negative, zero or positive as this is less than, equal to or greater than `other`. */
  compare(other: Quantity): number {
    return this.#nanos < other.#nanos ? -1 : this.#nanos > other.#nanos ? 1 : 0;
  }

  /** The sum; in the format of this, or of `other` when this is zero. */
  add(other: Quantity): Quantity {
    return new Quantity(this.#nanos + other.#nanos, this.isZero() ? other.format : this.format);
  }

  sub(other: Quantity): Quantity {
    return new Quantity(this.#nanos - other.#nanos, this.isZero() ? other.format : this.format);
  }

  negate(): Quantity {
    return new Quantity(-this.#nanos, this.format);
  }

  isZero(): boolean {
    return this.#nanos === 0n;
  }

  /** -1, 0 or 1. */
  sign(): number {
    return this.#nanos < 0n ? -1 : this.#nanos > 0n ? 1 : 0;
  }

  /** The value in units, rounded away from zero. */
  value(): number {
    return Number(this.bigValue());
  }

  /** As `value`, exact for sizes beyond 2^53. */
  bigValue(): bigint {
    return divideUp(this.#nanos, NANO);
  }

  /** The value in thousandths, rounded away from zero. */
  milliValue(): number {
    return Number(divideUp(this.#nanos, 1_000_000n));
  }

  /** Rounded away from zero to a multiple of 10^scale (scale -3: milli). */
  roundUp(scale: number): Quantity {
    const unit = 10n ** BigInt(scale + 9);
    return this.#nanos % unit === 0n ? this : new Quantity(divideUp(this.#nanos, unit) * unit, this.format);
  }

  /** Canonical form: no fraction, the largest suffix that needs none. */
  toString(): string {
    const whole = this.#nanos % NANO === 0n;
    const small = this.#nanos > -1024n * NANO && this.#nanos < 1024n * NANO;
    if (this.format === 'BinarySI' && whole && !small) return binaryText(this.#nanos / NANO);
    return decimalText(this.#nanos, this.format === 'DecimalExponent');
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Parses a quantity. Throws QuantityError with upstream's words. */
export function parseQuantity(input: string | number): Quantity {
  const text = typeof input === 'number' ? numberText(input) : input;
  const match = SHAPE.exec(text);
  if (!match) throw new QuantityError(FORMAT_WRONG);
  const [, sign = '', whole = '', fraction = '', letters = '', digits = ''] = match;
  if (whole === '' && fraction === '') throw new QuantityError(FORMAT_WRONG);
  const { base, exponent, format } = parseSuffix(letters, digits);
  const magnitude = scaled(BigInt(whole + fraction || '0'), base, exponent, fraction.length);
  const capped = format === 'BinarySI' && magnitude > MAX_BINARY ? MAX_BINARY : magnitude;
  const shown = format === 'BinarySI' && capped > 0n && capped < NANO ? 'DecimalSI' : format;
  return new Quantity(sign === '-' ? -capped : capped, shown);
}

/** As parseQuantity, undefined for what is no quantity. */
export function tryParseQuantity(input: unknown): Quantity | undefined {
  if (typeof input !== 'string' && typeof input !== 'number') return undefined;
  try {
    return parseQuantity(input);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

/** The canonical text of a quantity. Cheap for what is canonical already. */
export function canonicalQuantity(input: string | number): string {
  return typeof input === 'string' && PLAIN.test(input) ? input : parseQuantity(input).toString();
}

/** Order of two quantities in any notation. */
export function compareQuantities(a: string | number | Quantity, b: string | number | Quantity): number {
  return toQuantity(a).compare(toQuantity(b));
}

function toQuantity(q: string | number | Quantity): Quantity {
  return q instanceof Quantity ? q : parseQuantity(q);
}

function numberText(input: number): string {
  if (!Number.isFinite(input)) throw new QuantityError(FORMAT_WRONG);
  return String(input);
}

function parseSuffix(
  letters: string,
  digits: string,
): { readonly base: 2 | 10; readonly exponent: number; readonly format: QuantityFormat } {
  if (digits === '') {
    const decimal = Object.hasOwn(DECIMAL_SUFFIXES, letters) ? DECIMAL_SUFFIXES[letters] : undefined;
    if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' };
    const binary = letters === '' ? -1 : BINARY_SUFFIXES.indexOf(letters);
    if (binary > 0) return { base: 2, exponent: binary * 10, format: 'BinarySI' };
    throw new QuantityError(SUFFIX_WRONG);
  }
  const exponent = Number(digits);
  if ((letters !== 'e' && letters !== 'E') || !Number.isInteger(exponent) || Math.abs(exponent) > MAX_EXPONENT)
    throw new QuantityError(SUFFIX_WRONG);
  return { base: 10, exponent, format: 'DecimalExponent' };
}

/** mantissa · base^exponent / 10^fractionDigits in nanos; whatever is not zero becomes at least one nano. */
function scaled(mantissa: bigint, base: 2 | 10, exponent: number, fractionDigits: number): bigint {
  if (base === 2) return divideUp(mantissa * 2n ** BigInt(exponent) * NANO, 10n ** BigInt(fractionDigits));
  const shift = exponent + 9 - fractionDigits;
  return shift >= 0 ? mantissa * 10n ** BigInt(shift) : divideUp(mantissa, 10n ** BigInt(-shift));
}

function divideUp(value: bigint, unit: bigint): bigint {
  const quotient = value / unit;
  const rest = value % unit;
  return rest === 0n ? quotient : value > 0n ? quotient + 1n : quotient - 1n;
}

function binaryText(value: bigint): string {
  let rest = value;
  let power = 0;
  while (power < BINARY_SUFFIXES.length - 1 && rest % 1024n === 0n) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${BINARY_SUFFIXES[power]}`;
}

function decimalText(nanos: bigint, exponentForm: boolean): string {
  if (nanos === 0n) return '0';
  let rest = nanos;
  let exponent = -9;
  while (rest % 1000n === 0n && (exponentForm || exponent < 18)) {
    rest /= 1000n;
    exponent += 3;
  }
  if (exponentForm) return exponent === 0 ? String(rest) : `${rest}e${exponent}`;
  return `${rest}${DECIMAL_BY_EXPONENT.get(exponent)}`;
}
