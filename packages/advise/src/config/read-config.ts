// Reads holdfast.yaml. Whatever is not understood is an error with its place and the remedy: a typing error must not switch a gate off.
import { isRecord, parseYamlWithPlaces } from '@holdfast/schema';
import { ENGINES, type Engine, ORDINARY } from '../model/engines.ts';
import { type FieldPath, nearestPlace, pathText } from '../model/sourced-object.ts';
import { SEVERITIES, type Severity } from '../rule.ts';
import type { Config, CustomRule, Ignore } from './config.ts';

/** holdfast.yaml that cannot be used. The message has file, line and column. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Rejects with ConfigError. `known`: names of the rules built in. */
export async function readConfig(text: string, file: string, known: readonly string[]): Promise<Config> {
  const { value, error, locate } = await parseYamlWithPlaces(text);
  if (error) throw new ConfigError(`${file}:${error.line}:${error.column} is not YAML: ${error.message}`);
  const reader = new Reader((path, message) => {
    const { line, column } = nearestPlace(locate, path);
    return new ConfigError(`${file}:${line}:${column} ${path.length === 0 ? '' : `${pathText(path)}: `}${message}`);
  });
  const root = reader.fields(value ?? {}, [], ['severities', 'engines', 'exclude', 'ignore', 'baseline', 'rules']);
  const rules = reader.list(root['rules'], ['rules']).map((one, index) => customRule(reader, one, ['rules', index], known));
  const names = [...known, ...rules.map(({ id }) => id)];
  return {
    severities: severitiesOf(reader, root['severities'], names),
    engines: reader.list(root['engines'], ['engines']).map((one, index) => engineOf(reader, one, ['engines', index])),
    exclude: reader.list(root['exclude'], ['exclude']).map((one, index) => reader.text(one, ['exclude', index])),
    ignore: reader.list(root['ignore'], ['ignore']).map((one, index) => ignoreOf(reader, one, ['ignore', index], names)),
    baseline: root['baseline'] === undefined ? undefined : reader.text(root['baseline'], ['baseline']),
    rules,
  };
}

/** Takes values apart, and refuses what is not of the form. */
class Reader {
  readonly #fail: (path: FieldPath, message: string) => ConfigError;

  constructor(fail: (path: FieldPath, message: string) => ConfigError) {
    this.#fail = fail;
  }

  fail(path: FieldPath, message: string): never {
    throw this.#fail(path, message);
  }

  fields(value: unknown, path: FieldPath, allowed: readonly string[]): Readonly<Record<string, unknown>> {
    if (!isRecord(value)) return this.fail(path, 'a mapping is expected');
    for (const key of Object.keys(value))
      if (!allowed.includes(key)) this.fail([...path, key], `there is no such field; known are ${allowed.join(', ')}`);
    return value;
  }

  list(value: unknown, path: FieldPath): readonly unknown[] {
    if (value === undefined || value === null) return [];
    return Array.isArray(value) ? (value as readonly unknown[]) : this.fail(path, 'a list is expected');
  }

  text(value: unknown, path: FieldPath): string {
    return typeof value === 'string' && value.trim() !== '' ? value : this.fail(path, 'text is expected');
  }

  oneOf<T extends string>(value: unknown, path: FieldPath, allowed: readonly T[]): T {
    const found = allowed.find((one) => one === value);
    return found ?? this.fail(path, `${JSON.stringify(value)} is none of ${allowed.join(', ')}`);
  }

  rule(value: unknown, path: FieldPath, names: readonly string[]): string {
    const id = this.text(value, path);
    return names.includes(id) ? id : this.fail(path, `there is no rule ${id}; holdfast check --list names all`);
  }
}

function severitiesOf(reader: Reader, value: unknown, names: readonly string[]): ReadonlyMap<string, Severity | 'off'> {
  if (value === undefined) return new Map();
  const fields = reader.fields(value, ['severities'], isRecord(value) ? Object.keys(value) : []);
  return new Map(
    Object.entries(fields).map(([id, severity]) => [
      reader.rule(id, ['severities', id], names),
      // YAML 1.1 takes a bare off for false.
      severity === false ? 'off' : reader.oneOf(severity, ['severities', id], [...SEVERITIES, 'off']),
    ]),
  );
}

function ignoreOf(reader: Reader, value: unknown, path: FieldPath, names: readonly string[]): Ignore {
  const fields = reader.fields(value, path, ['rule', 'object', 'reason', 'until']);
  const until = reader.text(fields['until'], [...path, 'until']);
  if (!DAY.test(until)) reader.fail([...path, 'until'], `${until} is no day of the form YYYY-MM-DD`);
  return {
    rule: reader.rule(fields['rule'], [...path, 'rule'], names),
    object: reader.text(fields['object'], [...path, 'object']),
    reason: reader.text(fields['reason'], [...path, 'reason']),
    until,
  };
}

function engineOf(reader: Reader, value: unknown, path: FieldPath): Engine {
  const fields = reader.fields(value, path, [
    'name',
    'image',
    'port',
    'dataPaths',
    'quorum',
    'voters',
    'graceSeconds',
    'start',
    'slowRecovery',
  ]);
  const name = reader.text(fields['name'], [...path, 'name']);
  const base = ENGINES.find((one) => one.name === name);
  const { image, port, dataPaths, quorum, graceSeconds, slowRecovery, start, voters } = fields;
  const has = (field: string): FieldPath => [...path, field];
  const number = (given: unknown, field: string, fallback: number | undefined): number =>
    typeof given === 'number' && given >= 0
      ? given
      : ((given === undefined ? fallback : undefined) ?? reader.fail(has(field), 'a number is expected'));
  const flag = (given: unknown, field: string, fallback: boolean): boolean =>
    given === undefined ? fallback : typeof given === 'boolean' ? given : reader.fail(has(field), 'true or false is expected');
  return {
    ...(base ?? ORDINARY),
    name,
    image: image === undefined && base ? base.image : expression(reader, image, has('image')),
    port: number(port, 'port', base?.port),
    dataPaths:
      dataPaths === undefined && base
        ? base.dataPaths
        : reader.list(dataPaths, has('dataPaths')).map((one, index) => reader.text(one, [...has('dataPaths'), index])),
    quorum: flag(quorum, 'quorum', base?.quorum ?? false),
    slowRecovery: flag(slowRecovery, 'slowRecovery', base?.slowRecovery ?? false),
    voters: voters === undefined ? (base?.voters ?? 'none') : reader.oneOf(voters, has('voters'), ['all', 'some', 'none']),
    start: start === undefined ? (base?.start ?? 'either') : reader.oneOf(start, has('start'), ['parallel', 'ordered', 'either']),
    ...(graceSeconds === undefined ? {} : { graceSeconds: number(graceSeconds, 'graceSeconds', undefined), graceSource: 'holdfast.yaml' }),
  };
}

/** A regular expression over the last part of an image's name, all of it. */
function expression(reader: Reader, value: unknown, path: FieldPath): RegExp {
  const text = reader.text(value, path);
  try {
    return new RegExp(`^(?:${text})$`);
  } catch (error) {
    return reader.fail(path, `is no regular expression: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function customRule(reader: Reader, value: unknown, path: FieldPath, known: readonly string[]): CustomRule {
  const fields = reader.fields(value, path, [
    'id',
    'title',
    'expression',
    'message',
    'messageExpression',
    'loss',
    'fix',
    'severity',
    'appliesTo',
  ]);
  const optional = (field: string): string | undefined =>
    fields[field] === undefined ? undefined : reader.text(fields[field], [...path, field]);
  const id = reader.text(fields['id'], [...path, 'id']);
  if (!ID.test(id)) reader.fail([...path, 'id'], `${id} is no name of a rule: lower case letters, digits and hyphens`);
  if (known.includes(id)) reader.fail([...path, 'id'], `there is a rule ${id} already`);
  const message = optional('message');
  const messageExpression = optional('messageExpression');
  if (message === undefined && messageExpression === undefined) reader.fail(path, 'message or messageExpression is missing');
  return {
    id,
    title: optional('title') ?? message ?? id,
    expression: reader.text(fields['expression'], [...path, 'expression']),
    message,
    messageExpression,
    loss: optional('loss') ?? 'is for whoever wrote the rule to say',
    fix: optional('fix') ?? 'make the expression true',
    severity: fields['severity'] === undefined ? 'warning' : reader.oneOf(fields['severity'], [...path, 'severity'], SEVERITIES),
    appliesTo:
      fields['appliesTo'] === undefined
        ? 'databases'
        : reader.oneOf(fields['appliesTo'], [...path, 'appliesTo'], ['databases', 'workloads']),
  };
}
