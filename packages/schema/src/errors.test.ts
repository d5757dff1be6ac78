import { expect, test } from 'vitest';
import * as errors from './errors.ts';
import {
  duplicate,
  fieldErrorMessage,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from './field-error.ts';

const pods = { group: '', resource: 'pods' };
const sets = { group: 'apps', resource: 'statefulsets' };

test('messages, codes and reasons are upstream’s', () => {
  expect(errors.notFound(pods, 'nope').status).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'pods "nope" not found',
    reason: 'NotFound',
    details: { name: 'nope', kind: 'pods' },
    code: 404,
  });
  expect(errors.notFound(sets, 'web').message).toBe('statefulsets.apps "web" not found');
  expect(errors.alreadyExists(pods, 'a').message).toBe('pods "a" already exists');
  expect(errors.conflict(sets, 'web').message).toBe(
    'Operation cannot be fulfilled on statefulsets.apps "web": the object has been modified; please apply your changes to the latest version and try again',
  );
  expect(errors.forbidden(pods, 'x', 'no').message).toBe('pods "x" is forbidden: no');
  expect(errors.forbidden(pods, '', 'User "x" cannot list').message).toBe('pods is forbidden: User "x" cannot list');
  expect(errors.tooLargeResourceVersion(999_999, 1402).status).toMatchObject({
    message: 'Timeout: Too large resource version: 999999, current: 1402',
    code: 504,
    details: { retryAfterSeconds: 1, causes: [{ reason: 'ResourceVersionTooLarge' }] },
  });
  expect(errors.tooManyRequests('wait').status.details).toEqual({});
  expect(errors.internalError(new Error('boom')).message).toBe('Internal error occurred: boom');
  expect(errors.strictDecodingError('Foo', 'v1', ['spec.bogus'], ['a']).message).toBe(
    'Foo in version "v1" cannot be handled as a Foo: strict decoding error: duplicate field "a", unknown field "spec.bogus"',
  );
});

test('an invalid object lists its errors, in brackets when there are several', () => {
  const one = errors.invalid({ group: '', kind: 'Pod' }, 'A_', [required('spec.containers')]);
  expect(one.message).toBe('Pod "A_" is invalid: spec.containers: Required value');
  const two = errors.invalid({ group: 'apps', kind: 'StatefulSet' }, 'w', [required('a', 'why'), invalidValue('b', { x: 1 }, 'bad')]);
  expect(two.message).toBe('StatefulSet.apps "w" is invalid: [a: Required value: why, b: Invalid value: {"x":1}: bad]');
  expect(two.status.details).toEqual({
    name: 'w',
    group: 'apps',
    kind: 'StatefulSet',
    causes: [
      { reason: 'FieldValueRequired', message: 'Required value: why', field: 'a' },
      { reason: 'FieldValueInvalid', message: 'Invalid value: {"x":1}: bad', field: 'b' },
    ],
  });
});

test.each([
  [notSupported('a', 'x', ['A', 'B']), 'a: Unsupported value: "x": supported values: "A", "B"'],
  [forbiddenField('a', 'no'), 'a: Forbidden: no'],
  [duplicate('a[1]', { name: 'x' }), 'a[1]: Duplicate value: {"name":"x"}'],
  [tooLong('a', 'long', 3), 'a: Too long: may not be more than 3 bytes'],
  [tooMany('a', 3, 2), 'a: Too many: 3: must have at most 2 items'],
  [
    typeInvalid('a', 'string', 'a in body must be of type integer: "string"'),
    'a: Invalid value: "string": a in body must be of type integer: "string"',
  ],
])('field error %#', (error, message) => {
  expect(fieldErrorMessage(error)).toBe(message);
});
