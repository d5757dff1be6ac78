// What a validator finds, collected in upstream's order. Validators take the value, its path and this.
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notFoundField,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '@holdfast/schema';

export const IMMUTABLE = 'field is immutable';
export const NEGATIVE = 'must be greater than or equal to 0';
export const NOT_POSITIVE = 'must be greater than zero';

/** A list of field errors that grows while an object is checked. */
export class FieldErrors {
  readonly #found: FieldError[] = [];

  /** All that was found, in the order in which it was found. */
  get list(): readonly FieldError[] {
    return this.#found;
  }

  get count(): number {
    return this.#found.length;
  }

  add(error: FieldError): void {
    this.#found.push(error);
  }

  required(path: string, detail = ''): void {
    this.add(required(path, detail));
  }

  invalid(path: string, value: unknown, detail: string): void {
    this.add(invalidValue(path, value, detail));
  }

  /** One Invalid for each problem of the value. */
  problems(path: string, value: unknown, problems: readonly string[]): void {
    for (const problem of problems) this.invalid(path, value, problem);
  }

  forbidden(path: string, detail: string): void {
    this.add(forbiddenField(path, detail));
  }

  duplicate(path: string, value: unknown): void {
    this.add(duplicate(path, value));
  }

  notFound(path: string, value: unknown): void {
    this.add(notFoundField(path, value));
  }

  tooLong(path: string, max: number): void {
    this.add(tooLong(path, '', max));
  }

  tooMany(path: string, actual: number, max: number): void {
    this.add(tooMany(path, actual, max));
  }

  notSupported(path: string, value: unknown, supported: readonly string[]): void {
    this.add(notSupported(path, value, supported));
  }

  /** NotSupported unless the value is one of `supported`; an unset value passes. */
  oneOf(path: string, value: string | undefined, supported: readonly string[]): void {
    if (value !== undefined && !supported.includes(value)) this.notSupported(path, value, supported);
  }

  /** Required for an unset or empty value, NotSupported for one that is not in `supported`. */
  requiredOneOf(path: string, value: string | undefined, supported: readonly string[]): void {
    if (!value) this.required(path);
    else this.oneOf(path, value, supported);
  }

  nonNegative(path: string, value: number | undefined): void {
    if (value !== undefined && value < 0) this.invalid(path, value, NEGATIVE);
  }
}
