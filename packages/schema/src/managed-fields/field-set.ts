// Sets of field paths in the very form in which objects carry them (FieldsV1): a tree of path elements, in which '.' says
// that the path up to here is itself in the set, and a node without anything in it is such a path too.
import { compareElements, elementText } from './path-element.ts';

/** A set of paths: `{'f:spec': {'.': {}, 'f:replicas': {}}}` holds .spec and .spec.replicas. As a whole, `{}` is empty. */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** The empty set; below an element: the element alone. */
export const NOTHING: FieldSet = Object.freeze({});
/** The element that stands for the node itself. */
export const SELF = '.';

/** Whether no path is in a whole set. */
export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether the path up to this node is itself in the set. */
export function isMember(node: FieldSet): boolean {
  return Object.hasOwn(node, SELF) || isEmptySet(node);
}

/** The node of a path that is in the set, or only leads to others; undefined when neither. */
export function nodeOf(member: boolean, children: FieldSet | undefined): FieldSet | undefined {
  if (children === undefined || isEmptySet(children)) return member ? NOTHING : undefined;
  if (!member || Object.hasOwn(children, SELF)) return children;
  return { [SELF]: NOTHING, ...children };
}

/** Whether the one-element path is in the set. */
export function hasElement(set: FieldSet, element: string): boolean {
  const node = Object.hasOwn(set, element) ? set[element] : undefined;
  return node !== undefined && isMember(node);
}

/** The set of what comes after an element. */
export function below(set: FieldSet, element: string): FieldSet {
  return (Object.hasOwn(set, element) ? set[element] : undefined) ?? NOTHING;
}

/** Paths of either set. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  return isEmptySet(a) ? b : unionMembers(a, b);
}

/** Paths of `a` that are not in `b`; what is below a path of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(b) ? a : (combine(a, b, (x, y) => isMember(x) && !isMember(y), KEEP) ?? NOTHING);
}

/** Paths of `a` that are neither in `b` nor below a path of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return a;
  const left: Record<string, FieldSet> = {};
  for (const element of Object.keys(a)) {
    const node = below(a, element);
    if (!Object.hasOwn(b, element)) left[element] = node;
    else if (!isMember(below(b, element))) {
      const rest = recursiveDifference(node, below(b, element));
      if (isEmptySet(node) || !isEmptySet(rest)) left[element] = rest;
    }
  }
  return left;
}

/** Paths of both sets. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (x, y) => isMember(x) && isMember(y), DROP) ?? NOTHING;
}

/** Whether two sets hold the same paths. */
export function sameSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  const [left, right] = [Object.keys(a), Object.keys(b)];
  return (
    left.length === right.length && left.every((element) => Object.hasOwn(b, element) && sameSet(below(a, element), below(b, element)))
  );
}

/** Whether every path of `b` is in `a`. */
export function contains(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  for (const element of Object.keys(b)) {
    if (element === SELF) continue;
    if (!Object.hasOwn(a, element)) return false;
    const [x, y] = [below(a, element), below(b, element)];
    if ((isMember(y) && !isMember(x)) || !contains(x, y)) return false;
  }
  return true;
}

/** Whether no path is in both sets. */
export function disjoint(a: FieldSet, b: FieldSet): boolean {
  for (const element of Object.keys(b)) {
    if (element === SELF || !Object.hasOwn(a, element)) continue;
    const [x, y] = [below(a, element), below(b, element)];
    if ((isMember(x) && isMember(y)) || !disjoint(x, y)) return false;
  }
  return true;
}

/** All paths, in order, as messages show them: '.spec.containers[name="a"].image'. */
export function* pathsOf(set: FieldSet, prefix = ''): Generator<string> {
  for (const element of Object.keys(set).toSorted(compareElements)) {
    if (element === SELF) continue;
    const path = prefix + elementText(element);
    const node = below(set, element);
    if (isMember(node)) yield path;
    yield* pathsOf(node, path);
  }
}

/** The set with its elements in the order in which a server writes them; the same set when they are. */
export function sorted(set: FieldSet): FieldSet {
  if (set === NOTHING) return set;
  const elements = Object.keys(set);
  let inOrder = true;
  for (let i = 1; i < elements.length && inOrder; i++) inOrder = compareElements(elements[i - 1]!, elements[i]!) < 0;
  if (!inOrder) elements.sort(compareElements);
  let result: Record<string, FieldSet> | undefined = inOrder ? undefined : {};
  for (const element of elements) {
    const before = set[element] ?? NOTHING;
    const after = sorted(before);
    if (after !== before || !inOrder) (result ??= { ...set })[element] = after;
  }
  return result ?? set;
}

const KEEP = true;
const DROP = false;

/** Walks `a` along `b`: `stays` decides of paths that both lead to, `alone` of those that only `a` has. */
function combine(a: FieldSet, b: FieldSet, stays: (x: FieldSet, y: FieldSet) => boolean, alone: boolean): FieldSet | undefined {
  const left: Record<string, FieldSet> = {};
  let some = false;
  for (const element of Object.keys(a)) {
    if (element === SELF) continue;
    const node = below(a, element);
    let rest: FieldSet | undefined;
    if (Object.hasOwn(b, element)) {
      const other = below(b, element);
      rest = nodeOf(stays(node, other), combine(node, other, stays, alone));
    } else if (alone) rest = node;
    if (rest === undefined) continue;
    left[element] = rest;
    some = true;
  }
  return some ? left : undefined;
}

function unionMembers(a: FieldSet, b: FieldSet): FieldSet {
  const all: Record<string, FieldSet> = { ...a };
  for (const element of Object.keys(b)) all[element] = Object.hasOwn(all, element) ? unionNodes(all[element]!, b[element]!) : b[element]!;
  return all;
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmptySet(a)) return nodeOf(true, b) ?? NOTHING;
  if (isEmptySet(b)) return nodeOf(true, a) ?? NOTHING;
  return unionMembers(a, b);
}
