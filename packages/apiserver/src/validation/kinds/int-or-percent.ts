// Values such as maxUnavailable: a number, or a percentage.
import { GoValue, isValidPercent } from '@holdfast/schema';
import { type FieldErrors, NEGATIVE } from '../field-errors.ts';

type IntOrString = number | string;

/** As Go prints an IntOrString. */
export function goIntOrString(value: IntOrString): GoValue {
  return typeof value === 'number'
    ? new GoValue(`intstr.IntOrString{Type:0, IntVal:${value}, StrVal:""}`)
    : new GoValue(`intstr.IntOrString{Type:1, IntVal:0, StrVal:${JSON.stringify(value)}}`);
}

export function nonNegativeIntOrPercent(value: IntOrString, path: string, errors: FieldErrors): void {
  if (typeof value === 'string') errors.problems(path, goIntOrString(value), isValidPercent(value));
  else if (value < 0) errors.invalid(path, value, NEGATIVE);
}

export function atMost100Percent(value: IntOrString, path: string, errors: FieldErrors): void {
  if (typeof value === 'string' && isValidPercent(value).length === 0 && numberOf(value) > 100)
    errors.invalid(path, goIntOrString(value), 'must not be greater than 100%');
}

/** The number, or the percentage as a number; 0 for text that is neither. */
export function numberOf(value: IntOrString | undefined): number {
  if (typeof value === 'number') return value;
  return Number.parseInt(value ?? '0', 10) || 0;
}
