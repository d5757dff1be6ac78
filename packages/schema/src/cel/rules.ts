// x-kubernetes-validations of one schema node: checked when the definition is written, evaluated for every object.
import { Optional } from '@marcbachmann/cel-js';
import type { FieldError } from '../field-error.ts';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../field-error.ts';
import type { JSONSchemaProps } from '../generated/types.ts';
import type { RuleNode } from '../structural/structural-schema.ts';
import type { RuleValidator } from '../structural/node.ts';
import { deepEqual } from '../deep.ts';
import { costMessage } from '../structural/structural-schema.ts';
import { declareType } from './declare.ts';
import { celEnvironment } from './environment.ts';
import { estimatedCost } from './estimate.ts';
import { mostTimes } from './sizes.ts';
import { normalizedFieldPath } from './field-path.ts';
import { Meter } from './meter.ts';
import { type CelProgram, compileExpression } from './program.ts';

type Rule = NonNullable<JSONSchemaProps['x-kubernetes-validations']>[number];

/** What one expression may cost. */
export const PER_CALL_LIMIT = 1_000_000;
/** What one rule may cost in all its places in an object, by estimate. */
const ESTIMATE_LIMIT = 10_000_000;
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';
const MAX_MESSAGE = 5 * 1024;
const NEWLINE = /[\n\r]/;

interface Compiled {
  readonly rule: Rule;
  readonly program: CelProgram;
  readonly message: CelProgram | undefined;
  /** Appended to the path of the node; '' for the node itself. */
  readonly fieldPath: string;
}

/** Makes the validator of a node, or says what is wrong with its rules. For CompileOptions.rules. */
export function compileRules(
  schema: JSONSchemaProps,
  path: string,
  node: RuleNode,
): RuleValidator | { readonly errors: readonly FieldError[] } {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const at = `${path}.x-kubernetes-validations`;
  const errors = rules.flatMap((rule, index) => ruleErrors(rule, schema, `${at}[${index}]`));
  if (errors.length > 0) return { errors };
  const meter = new Meter();
  const env = celEnvironment(meter);
  const declared = declareType(env, schema, node.resource);
  env.registerVariable('self', declared.type);
  const plain = env.clone();
  plain.registerVariable('oldSelf', declared.type);
  const optional = env.clone();
  optional.registerVariable('oldSelf', `optional<${declared.type}>`);
  const costs: { readonly path: string; readonly cost: number }[] = [];
  const compiled = rules.map((rule, index) => {
    const use = rule.optionalOldSelf ? optional : plain;
    const ruleAt = `${at}[${index}]`;
    const program = compileExpression(use, meter, rule.rule.trim(), 'bool');
    if ('error' in program) {
      errors.push(invalidValue(`${ruleAt}.rule`, rule, program.error));
      return undefined;
    }
    const message = rule.messageExpression ? compileExpression(use, meter, rule.messageExpression.trim(), 'string') : undefined;
    if (message && 'error' in message) errors.push(invalidValue(`${ruleAt}.messageExpression`, rule, message.error));
    if (program.program.usesOldSelf && node.uncorrelatable !== undefined)
      errors.push(
        invalidValue(
          `${ruleAt}.rule`,
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${node.uncorrelatable}`,
        ),
      );
    const cost = node.trusted ? 0 : estimatedCost(program.program.ast, schema) * (node.times ?? mostTimes(schema));
    costs.push({ path: `${ruleAt}.rule`, cost });
    if (cost > ESTIMATE_LIMIT) errors.push(forbiddenField(`${ruleAt}.rule`, costMessage('estimated rule cost', cost, ESTIMATE_LIMIT)));
    if (!program.program.usesOldSelf && rule.optionalOldSelf !== undefined)
      errors.push(invalidValue(`${ruleAt}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'));
    return {
      rule,
      program: program.program,
      message: message && 'program' in message ? message.program : undefined,
      fieldPath: rule.fieldPath ? (normalizedFieldPath(rule.fieldPath.trim(), schema) ?? '') : '',
    };
  });
  if (errors.length > 0) return { errors };
  const type = schema.type ?? '';
  return {
    costs,
    validate: (value, old, where, context) => {
      const found: FieldError[] = [];
      const { budget } = context;
      const self = declared.convert(value);
      const oldSelf = old === undefined || old === null ? undefined : declared.convert(old);
      const same = (): boolean => (old === undefined ? context.unchanged() : deepEqual(value, old));
      for (const one of compiled) {
        if (one === undefined) continue;
        const { rule, program } = one;
        if (program.usesOldSelf && oldSelf === undefined && !rule.optionalOldSelf) continue;
        if (budget.left <= 0) return [...found, invalidValue(where, type, OUT_OF_BUDGET)];
        const variables = {
          self,
          oldSelf: rule.optionalOldSelf ? (oldSelf === undefined ? Optional.none() : Optional.of(oldSelf)) : oldSelf,
        };
        const outcome = program.run(variables, Math.min(PER_CALL_LIMIT, budget.left));
        const text = ruleText(rule);
        if ('exceeded' in outcome) {
          const own = budget.left >= PER_CALL_LIMIT;
          budget.left = 0;
          const words = `'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${text}`;
          return [...found, invalidValue(where, type, own ? words : OUT_OF_BUDGET)];
        }
        budget.left = budget.left - (Math.min(PER_CALL_LIMIT, budget.left) - meter.left);
        if ('error' in outcome) {
          const words =
            outcome.error === 'no such overload'
              ? `'no such overload': call arguments did not match a supported operator, function or macro signature for rule: ${text}`
              : `${outcome.error} evaluating rule: ${text}`;
          found.push(invalidValue(where, type, words));
        } else if (outcome.value !== true && (program.usesOldSelf || !same())) {
          const target = one.fieldPath === '' ? where : where === '' ? one.fieldPath : `${where}.${one.fieldPath}`;
          found.push(errorFor(rule.reason, target, type, messageOf(one, variables)));
        }
      }
      return found;
    },
  };
}

function ruleErrors(rule: Rule, schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const found: FieldError[] = [];
  const { rule: expression, message = '', messageExpression = '', fieldPath = '' } = rule;
  if (expression.trim() === '') found.push(required(`${path}.rule`, 'rule is not specified'));
  else if (message !== '' && message.trim() === '')
    found.push(invalidValue(`${path}.message`, message, 'message must be non-empty if specified'));
  else if (NEWLINE.test(message.trim())) found.push(invalidValue(`${path}.message`, message, 'message must not contain line breaks'));
  else if (NEWLINE.test(expression.trim()) && message.trim() === '')
    found.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  if (messageExpression !== '' && messageExpression.trim() === '')
    found.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  if (rule.reason !== undefined && !REASONS.includes(rule.reason)) found.push(notSupported(`${path}.reason`, rule.reason, REASONS));
  if (fieldPath !== '' && fieldPath.trim() === '')
    found.push(invalidValue(`${path}.fieldPath`, fieldPath, 'fieldPath must be non-empty if specified'));
  if (NEWLINE.test(fieldPath)) found.push(invalidValue(`${path}.fieldPath`, fieldPath, 'fieldPath must not contain line breaks'));
  if (fieldPath !== '' && normalizedFieldPath(fieldPath.trim(), schema) === undefined)
    found.push(invalidValue(`${path}.fieldPath`, fieldPath, 'fieldPath must be a valid path'));
  return found;
}

function messageOf({ rule, message }: Compiled, variables: Readonly<Record<string, unknown>>): string {
  const fallback = rule.message ? rule.message.trim() : `failed rule: ${ruleText(rule)}`;
  const outcome = message?.run(variables, PER_CALL_LIMIT);
  if (!outcome || !('value' in outcome) || typeof outcome.value !== 'string') return fallback;
  const text = outcome.value.trim();
  return text === '' || text.includes('\n') || text.length > MAX_MESSAGE ? fallback : text;
}

function ruleText({ rule, message }: Rule): string {
  return (message || rule).trim();
}

function errorFor(reason: string | undefined, path: string, value: string, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(path, detail);
    case 'FieldValueRequired':
      return required(path, detail);
    case 'FieldValueDuplicate':
      return duplicate(path, value);
    default:
      return invalidValue(path, value, detail);
  }
}
