// Validation errors of single fields, worded as k8s.io/apimachinery/pkg/util/validation/field words them.
import type { StatusCause } from './status-error.ts';
import { GoValue } from './go-value.ts';

/** What is wrong with a field. */
export type FieldErrorType =
  | 'Required'
  | 'Invalid'
  | 'NotSupported'
  | 'Forbidden'
  | 'Duplicate'
  | 'TooLong'
  | 'TooMany'
  | 'TypeInvalid'
  | 'NotFound'
  | 'InternalError';

/** One failed check. `field` is a path such as 'spec.containers[0].name'. */
export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly badValue?: unknown;
  readonly detail: string;
}

const TITLES: Readonly<Record<FieldErrorType, string>> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  NotSupported: 'Unsupported value',
  Forbidden: 'Forbidden',
  Duplicate: 'Duplicate value',
  TooLong: 'Too long',
  TooMany: 'Too many',
  TypeInvalid: 'Invalid value',
  NotFound: 'Not found',
  InternalError: 'Internal error',
};

const REASONS: Readonly<Record<FieldErrorType, string>> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  NotSupported: 'FieldValueNotSupported',
  Forbidden: 'FieldValueForbidden',
  Duplicate: 'FieldValueDuplicate',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  TypeInvalid: 'FieldValueTypeInvalid',
  NotFound: 'FieldValueNotFound',
  InternalError: 'InternalError',
};

/** A value that must be given is missing. */
export function required(field: string, detail = ''): FieldError {
  return { type: 'Required', field, badValue: '', detail };
}

/** A value that is there but wrong. */
export function invalidValue(field: string, badValue: unknown, detail: string): FieldError {
  return { type: 'Invalid', field, badValue, detail };
}

/** A value that is not one of a closed set. `supported` is listed as given. */
export function notSupported(field: string, badValue: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length > 0 ? `supported values: ${supported.map((s) => JSON.stringify(s)).join(', ')}` : '';
  return { type: 'NotSupported', field, badValue, detail };
}

/** A value that must not be given here. */
export function forbiddenField(field: string, detail: string): FieldError {
  return { type: 'Forbidden', field, badValue: '', detail };
}

/** A value that must be unique and is not. */
export function duplicate(field: string, badValue: unknown): FieldError {
  return { type: 'Duplicate', field, badValue, detail: '' };
}

/** A text of more than `max` bytes. */
export function tooLong(field: string, badValue: unknown, max: number): FieldError {
  return { type: 'TooLong', field, badValue, detail: max >= 0 ? `may not be more than ${max} bytes` : 'value is too long' };
}

/** A list of `actual` items where at most `max` are allowed. */
export function tooMany(field: string, actual: number, max: number): FieldError {
  const items = max === 1 ? 'item' : 'items';
  return { type: 'TooMany', field, badValue: actual, detail: max >= 0 ? `must have at most ${max} ${items}` : 'has too many items' };
}

/** A value of the wrong JSON type. */
export function typeInvalid(field: string, badValue: unknown, detail: string): FieldError {
  return { type: 'TypeInvalid', field, badValue, detail };
}

/** A reference to something that does not exist. */
export function notFoundField(field: string, badValue: unknown): FieldError {
  return { type: 'NotFound', field, badValue, detail: '' };
}

/** A check that could not be made. */
export function internalFieldError(field: string, detail: string): FieldError {
  return { type: 'InternalError', field, badValue: '', detail };
}

/** 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'. */
export function fieldErrorMessage(error: FieldError): string {
  return `${error.field === '' ? '<nil>' : error.field}: ${fieldErrorBody(error)}`;
}

/** The message without the path: 'Invalid value: -1: must be greater than or equal to 0'. */
export function fieldErrorBody(error: FieldError): string {
  const head = showsValue(error.type) ? `${TITLES[error.type]}: ${showValue(error.badValue)}` : TITLES[error.type];
  return error.detail === '' ? head : `${head}: ${error.detail}`;
}

/** The entry of a Status' `details.causes`. */
export function fieldErrorCause(error: FieldError): StatusCause {
  return { reason: REASONS[error.type], message: fieldErrorBody(error), field: error.field };
}

/** 'a.b' from 'a' and 'b'; 'b' when the parent is the root. */
export function childPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}

function showsValue(type: FieldErrorType): boolean {
  return type !== 'Required' && type !== 'Forbidden' && type !== 'TooLong' && type !== 'InternalError';
}

function showValue(value: unknown): string {
  // As Go prints a nil: in quotes.
  if (value === undefined || value === null) return '"null"';
  return value instanceof GoValue ? value.toString() : JSON.stringify(value);
}
