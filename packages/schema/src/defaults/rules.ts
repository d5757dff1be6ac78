// The table's default rules of one type, compiled into one function.
import type { DefaultRule, FieldDef } from '../type-table.ts';
import { isRecord, setMember } from '../deep.ts';
import { defaultRulesOf, featureGateDefault, findTypeDef } from '../type-table.ts';
import { at, CONDITIONS, isNil, isUnset, SOURCES } from './conditions.ts';
import { PROCEDURES } from './procedures.ts';

type Values = Readonly<Record<string, unknown>>;
/** Returns the same object when nothing is to be set. */
export type ApplyRules = (holder: Values) => Values;

/** A step of a default's path: a member, or each element of a list. */
interface Step {
  readonly name: string;
  readonly each: boolean;
  /** Whether the step may be created when it is missing: a struct that is no pointer. */
  readonly creatable: boolean;
  /** Whether only nil counts as unset (a pointer, list or map), not zero. */
  readonly nilOnly: boolean;
}

/** The rules of a type in the table's order, undefined for a type that has none. */
export function compileRules(typeName: string): ApplyRules | undefined {
  const applied = [...defaultRulesOf(typeName)].flatMap(([path, rules]) => compilePath(typeName, path, rules));
  if (applied.length === 0) return undefined;
  return (holder) => applied.reduce((value, apply) => apply(value), holder);
}

function compilePath(typeName: string, path: string, rules: readonly DefaultRule[]): readonly ApplyRules[] {
  const procedure = PROCEDURES[`${typeName} ${path}`];
  const enabled = rules.filter((rule) => rule.gate === undefined || featureGateDefault(rule.gate));
  if (enabled.length === 0) return [];
  if (procedure) return [procedure];
  const steps = parsePath(typeName, path);
  return enabled.map((rule) => compileRule(steps, rule));
}

function compileRule(steps: readonly Step[], rule: DefaultRule): ApplyRules {
  const holds = rule.when === undefined ? undefined : condition(rule.when);
  const cases = (rule.cases ?? []).map((c) => ({ value: c.value, holds: condition(c.when) }));
  const source = rule.from === undefined ? undefined : (SOURCES[rule.from] ?? pathSource(rule.from));
  const valueFor = (holder: Values): unknown => {
    if (source) return source(holder);
    return (cases.find((c) => c.holds(holder)) ?? rule).value;
  };
  return (holder) => (holds && !holds(holder) ? holder : assign(holder, steps, 0, () => valueFor(holder), rule.force === true));
}

function assign(holder: Values, steps: readonly Step[], index: number, value: () => unknown, force: boolean): Values {
  const step = steps[index]!;
  const before = holder[step.name];
  const after = step.each ? assignEach(before, steps, index, value, force) : assignStep(before, steps, index, value, force);
  return after === before || (after === undefined && before === undefined) ? holder : withMember(holder, step.name, after);
}

function assignStep(before: unknown, steps: readonly Step[], index: number, value: () => unknown, force: boolean): unknown {
  const step = steps[index]!;
  if (index === steps.length - 1) {
    if (!force && !(step.nilOnly ? isNil(before) : isUnset(before))) return before;
    return value() ?? undefined;
  }
  if (isRecord(before)) return assign(before, steps, index + 1, value, force);
  if (!step.creatable) return before;
  const created = assign({}, steps, index + 1, value, force);
  return Object.keys(created).length === 0 ? before : created;
}

function assignEach(before: unknown, steps: readonly Step[], index: number, value: () => unknown, force: boolean): unknown {
  if (!Array.isArray(before)) return before;
  const after = before.map((item: unknown) => (isRecord(item) ? assign(item, steps, index + 1, value, force) : item));
  return after.some((item, i) => item !== before[i]) ? after : before;
}

function withMember(holder: Values, name: string, value: unknown): Values {
  const copy: Record<string, unknown> = { ...holder };
  if (value === undefined) delete copy[name];
  else setMember(copy, name, value);
  return copy;
}

function condition(words: string): (holder: Values) => boolean {
  const holds = CONDITIONS[words];
  if (!holds) throw new Error(`the table's default condition ${JSON.stringify(words)} is not known`);
  return holds;
}

function pathSource(path: string): (holder: Values) => unknown {
  if (!/^[\w.]+$/.test(path)) throw new Error(`the table's default source ${JSON.stringify(path)} is not known`);
  return (holder) => at(holder, path);
}

/** 'spec.ports[].protocol', 'metadata.labels[kubernetes.io/metadata.name]' as steps of the type. */
function parsePath(typeName: string, path: string): readonly Step[] {
  const steps: Step[] = [];
  let type: string | undefined = typeName;
  for (const [, name = '', key, each] of path.matchAll(/([^.[\]]+)(?:\[([^\]]+)\])?(\[\])?(?:\.|$)/g)) {
    const field: FieldDef | undefined = type === undefined ? undefined : findTypeDef(type)?.fields?.[name];
    const container = field?.list !== undefined || field?.map !== undefined;
    const custom = field?.ref !== undefined && findTypeDef(field.ref)?.custom !== undefined;
    const nilOnly = field?.ptr === true || container || (field?.ref !== undefined && !custom);
    steps.push({
      name,
      each: each !== undefined,
      creatable: key !== undefined || (field?.ref !== undefined && field.ptr !== true),
      nilOnly,
    });
    if (key !== undefined) steps.push({ name: key, each: false, creatable: false, nilOnly: false });
    type = field?.list?.ref ?? field?.ref;
  }
  return steps;
}
