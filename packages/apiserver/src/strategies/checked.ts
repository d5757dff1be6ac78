// From validators that collect errors to the strategy's functions that return them.
import type { FieldError, KubeObject } from '@holdfast/schema';
import { FieldErrors } from '../validation/field-errors.ts';

/** A strategy's `validate` from a validator of the kind's type. */
export function checked<T>(validate: (object: T, errors: FieldErrors) => void): (object: KubeObject) => readonly FieldError[] {
  return (object) => {
    const errors = new FieldErrors();
    validate(object as T, errors);
    return errors.list;
  };
}

/** A strategy's `validateUpdate`, likewise. */
export function checkedUpdate<T>(
  validate: (next: T, old: T, errors: FieldErrors) => void,
): (next: KubeObject, old: KubeObject) => readonly FieldError[] {
  return (next, old) => {
    const errors = new FieldErrors();
    validate(next as T, old as T, errors);
    return errors.list;
  };
}
