// The options of a write: CreateOptions, UpdateOptions, PatchOptions and DeleteOptions, checked as upstream checks them.
import {
  badRequest,
  decodeTyped,
  type FieldError,
  forbiddenField,
  goStrings,
  invalid,
  invalidValue,
  isRecord,
  notSupported,
  required,
} from '@holdfast/schema';
import { managerProblems } from '../field-managers/manager-name.ts';
import { readBody } from './decode-body.ts';
import { integerOf } from './list-options.ts';
import type { ResourceRequest } from './server-context.ts';
import type { DeleteOptionsBody } from './write.ts';

const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];
const POLICIES = ['Foreground', 'Background', 'Orphan'];

/** Throws Invalid (422) when the options of a write say what they may not. `kind`: 'CreateOptions' and the like. */
export function checkWriteOptions(kind: string, query: URLSearchParams, apply = false): void {
  if (query.size === 0 && !apply) return;
  const errors: FieldError[] = [];
  if (apply && !query.get('fieldManager')) errors.push(required('fieldManager', 'is required for apply patch'));
  if (!apply && kind === 'PatchOptions' && query.get('force') !== null)
    errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  errors.push(...managerProblems(query), ...dryRunProblems(query.getAll('dryRun')));
  const validation = query.get('fieldValidation') ?? '';
  if (!VALIDATIONS.includes(validation)) errors.push(notSupported('fieldValidation', validation, VALIDATIONS));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
}

/** The options of a deletion: those of the body, or of the query where there is no body. Throws BadRequest or Invalid. */
export function deleteOptions(context: ResourceRequest): DeleteOptionsBody & { readonly dryRun: boolean } {
  const { value } = readBody(context);
  const { dryRun = [], ...options } = value === undefined || value === null ? fromQuery(context.request.query) : fromBody(value);
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents } = options;
  if (orphanDependents !== undefined && propagationPolicy !== undefined)
    errors.push(invalidValue('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'));
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy))
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']));
  errors.push(...dryRunProblems(dryRun));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  return { ...options, dryRun: dryRun.includes('All') || context.request.query.get('dryRun') === 'All' };
}

type Options = DeleteOptionsBody & { readonly dryRun?: readonly string[] };

function fromBody(value: unknown): Options {
  if (!isRecord(value)) throw badRequest('the request body must be an object');
  const { kind = 'DeleteOptions' } = value;
  if (kind !== 'DeleteOptions') throw badRequest(`DeleteOptions were expected, not a body of kind ${JSON.stringify(kind)}`);
  return decodeTyped(DELETE_OPTIONS, value).object as Options;
}

function fromQuery(query: URLSearchParams): Options {
  const seconds = integerOf(query, 'gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const orphan = query.get('orphanDependents');
  return {
    ...(seconds === undefined ? {} : { gracePeriodSeconds: seconds }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(orphan === null ? {} : { orphanDependents: orphan !== 'false' && orphan !== '0' }),
    dryRun: query.getAll('dryRun').filter(Boolean),
  };
}

function dryRunProblems(values: readonly string[]): readonly FieldError[] {
  const wrong = values.some((value) => value !== '' && value !== 'All');
  return wrong ? [notSupported('dryRun', goStrings(values), ['All'])] : [];
}
