// Values at run time. The type that goes with a value is known from the column or expression that it belongs to.

/** A decimal number: `unscaled` divided by ten to the power of `scale` (0 or more). */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

/**
 * int: bigint · float: number · decimal: Decimal · bool: boolean · string, uuid, jsonb (canonical text): string · timestamp and timestamptz:
 * microseconds since 1970 as bigint · date: days since 1970 as bigint · bytes: Uint8Array · NULL: null.
 */
export type Datum = null | boolean | bigint | number | string | Decimal | Uint8Array;
