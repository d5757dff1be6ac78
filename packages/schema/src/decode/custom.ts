// Types with a JSON form of their own: quantities, times, durations, int-or-string, raw JSON.
import type { CustomForm } from '../type-table.ts';
import type { Decode } from './decoding.ts';
import { canonicalQuantity, QuantityError } from '../quantity.ts';
import { DecodeError, typeMismatch } from './decoding.ts';
import { durationText, parseDuration } from './duration.ts';

/** Decodes each form, except the schema unions, which need the table. Null never gets here. */
export const CUSTOM_DECODERS: Readonly<Record<Exclude<CustomForm, `schema${string}`>, Decode>> = {
  quantity: decodeQuantity,
  intOrString: decodeIntOrString,
  time: (value, at) => decodeTime(value, at, TIME),
  microTime: (value, at) => decodeTime(value, at, MICRO_TIME),
  duration: decodeDuration,
  rawJSON: (value) => value,
  envelope: (value) => value,
};

/** What a field of the form holds when it is neither set nor left out. */
export const CUSTOM_ZEROS: Readonly<Record<CustomForm, unknown>> = {
  quantity: '0',
  intOrString: 0,
  time: null,
  microTime: null,
  duration: '0s',
  rawJSON: null,
  envelope: null,
  schemaOrArray: null,
  schemaOrBool: null,
  schemaOrStringArray: null,
};

interface TimeForm {
  readonly canonical: RegExp;
  readonly layout: string;
  readonly fraction: number;
}

const TIME: TimeForm = { canonical: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, layout: '2006-01-02T15:04:05Z07:00', fraction: 0 };
const MICRO_TIME: TimeForm = {
  canonical: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
  layout: '2006-01-02T15:04:05.000000Z07:00',
  fraction: 6,
};
const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;
/** Go's zero time is written as null. */
const ZERO_TIME = '0001-01-01T00:00:00';

function decodeQuantity(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new DecodeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  try {
    return canonicalQuantity(typeof value === 'string' ? value.trim() : value);
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError(error.message, { cause: error });
    throw error;
  }
}

function decodeIntOrString(value: unknown, at: Parameters<Decode>[1]): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 0x7fff_ffff) return value;
  throw typeMismatch(value, 'int32', at);
}

function decodeTime(value: unknown, at: Parameters<Decode>[1], form: TimeForm): unknown {
  if (typeof value !== 'string') throw typeMismatch(value, 'string', at);
  const match = RFC3339.exec(value);
  const millis = match ? Date.parse(`${match[1]}${match[3]}`) : Number.NaN;
  if (!match || Number.isNaN(millis)) {
    throw new DecodeError(
      `parsing time ${JSON.stringify(value)} as ${JSON.stringify(form.layout)}: cannot parse ${JSON.stringify(value)} as "2006"`,
    );
  }
  if (value.startsWith(ZERO_TIME)) return undefined;
  if (form.canonical.test(value)) return value;
  // Fractions are not rounded but cut, as Go's formatting does; the offset has been applied by Date.parse.
  const seconds = toIso(millis).slice(0, 19);
  return form.fraction === 0 ? `${seconds}Z` : `${seconds}.${(match[2] ?? '').slice(0, form.fraction).padEnd(form.fraction, '0')}Z`;
}

function toIso(millis: number): string {
  return new Date(millis).toISOString();
}

function decodeDuration(value: unknown, at: Parameters<Decode>[1]): unknown {
  if (typeof value !== 'string') throw typeMismatch(value, 'string', at);
  const nanos = parseDuration(value);
  if (nanos === undefined) throw new DecodeError(`time: invalid duration ${JSON.stringify(value)}`);
  return durationText(nanos);
}
