// The set of fields that a value states: what an applier owns.
import { isRecord } from '../deep.ts';
import { type FieldSet, nodeOf, NOTHING } from './field-set.ts';
import { listElement } from './list-elements.ts';
import { DEDUCED, type LeafForm, type MergeType } from './merge-type.ts';
import { elementText, fieldElement } from './path-element.ts';

/** Fields of a value. `problems` collects what does not fit the type, in upstream's words: '.spec.x: field not declared in schema'. */
export function setOfValue(type: MergeType, value: unknown, problems: string[] = []): FieldSet {
  return walk(type, value, '', problems) ?? NOTHING;
}

/** The node of a value: `{}` for what is owned as a whole. */
function walk(type: MergeType, value: unknown, path: string, problems: string[]): FieldSet | undefined {
  switch (type.kind) {
    case 'leaf':
      if (!fits(type.form, value)) problems.push(problem(path, mismatch(type.form, value)));
      return NOTHING;
    case 'deduced':
      return isRecord(value) ? members(MAP_OF_ANYTHING, value, path, problems) : NOTHING;
    case 'map':
      if (isRecord(value)) return members(type, value, path, problems);
      if (value !== null) problems.push(problem(path, mismatch('map', value)));
      return undefined;
    default:
      if (Array.isArray(value)) return elements(type, value, path, problems);
      if (value !== null) problems.push(problem(path, mismatch('list', value)));
      return undefined;
  }
}

type MapType = Extract<MergeType, { kind: 'map' }>;
const MAP_OF_ANYTHING: MapType = { kind: 'map', member: () => DEDUCED, isField: () => false };

function members(type: MapType, value: Readonly<Record<string, unknown>>, path: string, problems: string[]): FieldSet | undefined {
  const set: Record<string, FieldSet> = {};
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member === undefined) continue;
    const memberType = type.member(name);
    const at = `${path}.${name}`;
    if (!memberType) {
      problems.push(problem(at, 'field not declared in schema'));
      continue;
    }
    const empty = member === null || (isRecord(member) && Object.keys(member).length === 0);
    const node = including(walk(memberType, member, at, problems), empty || !type.isField(name));
    if (node) set[fieldElement(name)] = node;
  }
  return nodeOf(false, set);
}

function elements(
  type: Extract<MergeType, { kind: 'set' | 'list' }>,
  value: readonly unknown[],
  path: string,
  problems: string[],
): FieldSet | undefined {
  const set: Record<string, FieldSet> = {};
  const twice = new Set<string>();
  for (const [index, item] of value.entries()) {
    const element = listElement(type, item);
    if (typeof element !== 'string') {
      problems.push(problem(path, `element ${index}: ${element.problem}`));
      continue;
    }
    if (Object.hasOwn(set, element)) {
      // Which of the two is meant cannot be told: the element is owned as a whole.
      if (!twice.has(element)) problems.push(problem(path, `duplicate entries for key ${elementText(element)}`));
      twice.add(element);
      set[element] = NOTHING;
      continue;
    }
    const inner = type.kind === 'list' ? walk(type.element, item, path + elementText(element), problems) : undefined;
    set[element] = including(inner, true) ?? NOTHING;
  }
  return nodeOf(false, set);
}

/** The node with its own path in the set where `member` says so. */
function including(node: FieldSet | undefined, member: boolean): FieldSet | undefined {
  return node !== undefined && node === NOTHING ? NOTHING : nodeOf(member, node);
}

function fits(form: LeafForm, value: unknown): boolean {
  if (value === null) return true;
  switch (form) {
    case 'string':
      return typeof value === 'string';
    case 'numeric':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value);
    case 'map':
      return isRecord(value);
    default:
      return true;
  }
}

function mismatch(form: LeafForm, value: unknown): string {
  switch (form) {
    case 'numeric':
      return `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      return `expected string, got &value.valueUnstructured{Value:${goLiteral(value)}}`;
    default:
      return `expected ${form}, got &{${goText(value)}}`;
  }
}

function problem(path: string, text: string): string {
  return path === '' ? text : `${path}: ${text}`;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isRecord(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : 'string';
}

/** A value as Go's %v prints it. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (isRecord(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${goText(value[key])}`).join(' ')}]`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A value as Go's %#v prints it. */
function goLiteral(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goLiteral).join(', ')}}`;
  if (isRecord(value)) {
    const keys = Object.keys(value).sort();
    return `map[string]interface {}{${keys.map((key) => `${JSON.stringify(key)}:${goLiteral(value[key])}`).join(', ')}}`;
  }
  return value === null ? 'interface {}(nil)' : JSON.stringify(value);
}
