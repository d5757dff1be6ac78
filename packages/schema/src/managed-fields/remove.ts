// Taking fields out of a value.
import { isRecord, setMember } from '../deep.ts';
import { below, type FieldSet, hasElement, isEmptySet, isMember, nodeOf } from './field-set.ts';
import { listElement, type ListType } from './list-elements.ts';
import { DEDUCED, type MergeType } from './merge-type.ts';
import { fieldElement } from './path-element.ts';

/** The value without the fields of the set; what loses all that was in it becomes null. */
export function removeFields(type: MergeType, value: unknown, set: FieldSet): unknown {
  if (isEmptySet(set)) return value;
  switch (type.kind) {
    case 'leaf':
      return value;
    case 'deduced':
      return isRecord(value) ? fromMap(() => DEDUCED, value, set) : value;
    case 'map':
      return isRecord(value) ? fromMap(type.member, value, set) : value;
    default:
      return Array.isArray(value) ? fromList(type, value, set) : value;
  }
}

function fromMap(
  typeOf: (name: string) => MergeType | undefined,
  value: Readonly<Record<string, unknown>>,
  set: FieldSet,
): Readonly<Record<string, unknown>> | null {
  const left: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const element = fieldElement(name);
    if (hasElement(set, element)) continue;
    setMember(left, name, removeFields(typeOf(name) ?? DEDUCED, value[name], below(set, element)));
  }
  return Object.keys(left).length > 0 ? left : null;
}

function fromList(type: ListType, value: readonly unknown[], set: FieldSet): readonly unknown[] | null {
  const left: unknown[] = [];
  for (const item of value) {
    const element = listElement(type, item);
    if (typeof element !== 'string') left.push(item);
    else if (!hasElement(set, element)) left.push(type.kind === 'list' ? removeFields(type.element, item, below(set, element)) : item);
  }
  return left.length > 0 ? left : null;
}

/**
 * The set with each field of a struct that leads to a path of the set as a path of its own. Appliers do not own such fields,
 * yet they go together with what was in them.
 */
export function withFields(type: MergeType, set: FieldSet): FieldSet {
  const all: Record<string, FieldSet> = {};
  for (const element of Object.keys(set)) {
    if (element === '.') continue;
    const node = below(set, element);
    const inner = typeBelow(type, element);
    const field = type.kind === 'map' && element.startsWith('f:') && type.isField(element.slice(2));
    const made = nodeOf(isMember(node) || field, isEmptySet(node) ? undefined : withFields(inner, node));
    if (made) all[element] = made;
  }
  return all;
}

function typeBelow(type: MergeType, element: string): MergeType {
  if (type.kind === 'list') return type.element;
  if (type.kind === 'map') return type.member(element.slice(2)) ?? DEDUCED;
  return DEDUCED;
}
