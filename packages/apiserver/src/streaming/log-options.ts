// The query of a log request as LogOptions.
import { badRequest, type FieldError, forbiddenField, invalid, invalidValue, type LogOptions } from '@holdfast/schema';
import { booleanOf, integerOf } from './query.ts';

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Throws BadRequest (400) for values that do not parse, Invalid (422) for those that make no sense. */
export function logOptionsOf(query: URLSearchParams, podName: string): LogOptions {
  const options = {
    follow: booleanOf(query, 'follow'),
    previous: booleanOf(query, 'previous'),
    timestamps: booleanOf(query, 'timestamps'),
    ...present('sinceSeconds', integerOf(query, 'sinceSeconds')),
    ...present('tailLines', integerOf(query, 'tailLines')),
    ...present('limitBytes', integerOf(query, 'limitBytes')),
    ...present('sinceTime', timeOf(query, 'sinceTime')),
  };
  const errors = validate(options);
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, podName, errors);
  return options;
}

function validate({ tailLines, limitBytes, sinceSeconds, sinceTime }: LogOptions): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0) errors.push(invalidValue('tailLines', tailLines, 'must be greater than or equal to 0'));
  if (limitBytes !== undefined && limitBytes < 1) errors.push(invalidValue('limitBytes', limitBytes, 'must be greater than 0'));
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push(forbiddenField('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalidValue('sinceSeconds', sinceSeconds, 'must be greater than 0'));
  }
  return errors;
}

function timeOf(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!RFC3339.test(value) || Number.isNaN(Date.parse(value))) {
    throw badRequest(
      `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
    );
  }
  return value;
}

function present<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: V });
}
