// Functions of single values.
import { uuid } from '@holdfast/clock';
import { integerOutOfRange, SqlError } from '../errors.ts';
import type { Datum } from '../values/datum.ts';
import { decimalToNumber, formatDecimal, isDecimal, parseDecimal, roundDecimal } from '../values/decimal.ts';
import { DATE, DECIMAL, FLOAT, INT, type SqlType, STRING, TIMESTAMP, TIMESTAMPTZ, UUID } from '../values/types.ts';
import { asText, codePoints } from '../values/text.ts';
import { dateOf } from '../values/time.ts';
import type { Env, SessionValues } from './bound.ts';
import { isNumeric, toFloat } from './numbers.ts';

/** `result`: the type for these argument types, undefined where they are not taken. A NULL argument gives NULL unless `onNull`. */
export interface ScalarFunction {
  readonly args: readonly [minimum: number, maximum: number];
  /** Types wanted for placeholders and literals; the last one for all that follow. */
  readonly wants: readonly SqlType[];
  readonly result: (types: readonly SqlType[]) => SqlType | undefined;
  readonly onNull?: true;
  readonly call: (args: readonly Datum[], env: Env, types: readonly SqlType[]) => Datum;
}

const MAX_TEXT = 1 << 20;

export function scalarFunction(name: string): ScalarFunction | undefined {
  return Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
}

/** The time now as the clock tells it, in microseconds. */
export function nowMicros({ clock }: SessionValues): bigint {
  return BigInt(Math.round(clock.now() * 1000));
}

function ofSession(type: SqlType, value: (session: SessionValues) => Datum): ScalarFunction {
  return { args: [0, 0], wants: [], result: () => type, call: (_, { session }) => value(session) };
}

function ofText(type: SqlType, value: (text: string) => Datum): ScalarFunction {
  return {
    args: [1, 1],
    wants: [STRING],
    result: ([first]) => (first?.kind === 'string' ? type : undefined),
    call: ([text]) => value(asText(text)),
  };
}

/** A function of one number that keeps its type. */
function ofNumber(
  onInt: (value: bigint) => bigint,
  onFloat: (value: number) => number,
  onDecimal: (text: string) => string,
): ScalarFunction {
  return {
    args: [1, 1],
    wants: [FLOAT],
    result: ([first]) => (first && isNumeric(first) ? { kind: first.kind } : undefined),
    call: ([value]) => {
      if (typeof value === 'bigint') return onInt(value);
      if (typeof value === 'number') return onFloat(value);
      if (value && isDecimal(value)) return parseDecimal(onDecimal(formatDecimal(value)));
      return null;
    },
  };
}

const FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  now: ofSession(TIMESTAMPTZ, (session) => session.transactionMicros),
  current_timestamp: ofSession(TIMESTAMPTZ, (session) => session.transactionMicros),
  transaction_timestamp: ofSession(TIMESTAMPTZ, (session) => session.transactionMicros),
  statement_timestamp: ofSession(TIMESTAMPTZ, nowMicros),
  clock_timestamp: ofSession(TIMESTAMPTZ, nowMicros),
  localtimestamp: ofSession(TIMESTAMP, (session) => session.transactionMicros),
  current_date: ofSession(DATE, (session) => dateOf(session.transactionMicros)),
  gen_random_uuid: ofSession(UUID, (session) => uuid(session.random)),
  uuid_generate_v4: ofSession(UUID, (session) => uuid(session.random)),
  unique_rowid: ofSession(INT, (session) => session.uniqueId()),
  random: ofSession(FLOAT, (session) => session.random.next()),
  version: ofSession(STRING, () => 'CockroachDB understudy of Holdfast v24.3.2 (a small replicated SQL database, not CockroachDB itself)'),
  current_database: ofSession(STRING, (session) => session.database),
  current_catalog: ofSession(STRING, (session) => session.database),
  current_schema: ofSession(STRING, () => 'public'),
  current_user: ofSession(STRING, (session) => session.user),
  session_user: ofSession(STRING, (session) => session.user),
  length: ofText(INT, (text) => BigInt(codePoints(text).length)),
  char_length: ofText(INT, (text) => BigInt(codePoints(text).length)),
  octet_length: ofText(INT, (text) => BigInt(Buffer.byteLength(text))),
  lower: ofText(STRING, (text) => text.toLowerCase()),
  upper: ofText(STRING, (text) => text.toUpperCase()),
  trim: ofText(STRING, (text) => text.replace(/^ +| +$/g, '')),
  btrim: ofText(STRING, (text) => text.replace(/^ +| +$/g, '')),
  ltrim: ofText(STRING, (text) => text.replace(/^ +/, '')),
  rtrim: ofText(STRING, (text) => text.replace(/ +$/, '')),
  reverse: ofText(STRING, (text) => codePoints(text).toReversed().join('')),
  substr: substring(),
  substring: substring(),
  replace: {
    args: [3, 3],
    wants: [STRING],
    result: (types) => (types.every(({ kind }) => kind === 'string') ? STRING : undefined),
    call: ([text, from, to]) => (from === '' ? asText(text) : limited(asText(text).replaceAll(asText(from), () => asText(to)))),
  },
  repeat: {
    args: [2, 2],
    wants: [STRING, INT],
    result: ([first, second]) => (first?.kind === 'string' && second?.kind === 'int' ? STRING : undefined),
    call: ([text, count]) => {
      if (Number(count) * asText(text).length > MAX_TEXT) throw tooLong();
      return asText(text).repeat(Math.max(0, Number(count)));
    },
  },
  strpos: {
    args: [2, 2],
    wants: [STRING],
    result: (types) => (types.every(({ kind }) => kind === 'string') ? INT : undefined),
    call: ([text, part]) => BigInt(asText(text).indexOf(asText(part)) + 1),
  },
  abs: ofNumber(
    (value) => {
      if (value === -(2n ** 63n)) throw integerOutOfRange();
      return value < 0n ? -value : value;
    },
    Math.abs,
    (text) => text.replace('-', ''),
  ),
  ceil: rounding(Math.ceil),
  ceiling: rounding(Math.ceil),
  floor: rounding(Math.floor),
  trunc: rounding(Math.trunc),
  sign: ofNumber(
    (value) => (value > 0n ? 1n : value < 0n ? -1n : 0n),
    Math.sign,
    (text) => String(Math.sign(Number(text))),
  ),
  sqrt: {
    args: [1, 1],
    wants: [FLOAT],
    result: ([first]) => (first && isNumeric(first) ? FLOAT : undefined),
    call: ([value]) => {
      const number = toFloat(value ?? null);
      if (number < 0) throw new SqlError('2201F', 'cannot take square root of a negative number');
      return Math.sqrt(number);
    },
  },
  round: {
    args: [1, 2],
    wants: [DECIMAL, INT],
    result: ([first]) => (first?.kind === 'float' ? FLOAT : first && isNumeric(first) ? DECIMAL : undefined),
    call: ([value, digits]) => {
      const places = Math.max(-300, Math.min(300, Number(digits ?? 0n)));
      if (typeof value === 'number') return roundFloat(value, places);
      return roundDecimal(isDecimal(value) ? value : { unscaled: BigInt(String(value)), scale: 0 }, places);
    },
  },
};

function substring(): ScalarFunction {
  return {
    args: [2, 3],
    wants: [STRING, INT],
    result: ([first]) => (first?.kind === 'string' ? STRING : undefined),
    call: ([text, start, count]) => {
      const characters = codePoints(asText(text));
      const from = Number(start) - 1;
      const to = count === undefined ? characters.length : from + Number(count);
      if (to < from) throw new SqlError('22011', `negative substring length ${Number(count)} not allowed`);
      return characters.slice(Math.max(0, from), Math.max(0, to)).join('');
    },
  };
}

function rounding(round: (value: number) => number): ScalarFunction {
  return ofNumber(
    (value) => value,
    round,
    (text) => {
      const whole = BigInt(text.split('.')[0]!);
      const exact = !/\.\d*[1-9]/.test(text);
      const negative = text.startsWith('-');
      // Which way the part behind the point goes is what the function does with a half.
      const step = round(negative ? -0.5 : 0.5);
      return String(exact ? whole : whole + BigInt(step + 0));
    },
  );
}

function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value;
  return decimalToNumber(roundDecimal(parseDecimal(String(value)), digits));
}

function limited(text: string): string {
  if (text.length > MAX_TEXT) throw tooLong();
  return text;
}

function tooLong(): SqlError {
  return new SqlError('54000', `a text of more than ${MAX_TEXT} characters is refused by this understudy`);
}
