// What a rule can cost at the most, from what the schema says of the sizes of values: rules that could cost too much are refused when
// their definition is written (upstream's cost estimator of cel-go with the Kubernetes libraries). What nobody knows counts as small.
import type { JSONSchemaProps } from '../generated/types.ts';
import { escapedName } from './declare.ts';
import { itemsOf, mostOf, valuesOf } from './sizes.ts';
import { isNode, type Node } from './node.ts';

/** What is known of a value: its schema, and how many characters, elements or members it has at the most. */
interface Shape {
  readonly schema?: JSONSchemaProps | undefined;
  readonly size: number;
}

interface Estimate extends Shape {
  readonly cost: number;
}

type Scope = ReadonlyMap<string, Shape>;

const TRAVERSAL = 0.1;
const PATTERN = 0.25;
const MADE: Readonly<Record<string, number>> = { list: 10, map: 30 };
const UNKNOWN: Shape = { size: 1 };
/** What one pass of a loop costs besides what it evaluates. */
const PASS = 2;
const LOOPS = new Set(['all', 'exists', 'exists_one', 'existsOne', 'filter', 'map']);
const TEXT_IN_TEXT_OUT = new Set(['lowerAscii', 'upperAscii', 'substring', 'trim', 'replace', 'split', 'join', 'charAt']);
const ALONG = new Set(['indexOf', 'lastIndexOf', 'isSorted', 'sum', 'min', 'max']);

/** The estimated cost of an expression over `self` (and `oldSelf`) of the schema. */
export function estimatedCost(ast: unknown, self: JSONSchemaProps): number {
  const shape: Shape = shapeOf(self);
  return estimate(
    ast as Node,
    new Map([
      ['self', shape],
      ['oldSelf', shape],
    ]),
  ).cost;
}

function shapeOf(schema: JSONSchemaProps | undefined): Shape {
  return schema?.type === undefined ? UNKNOWN : { schema, size: mostOf(schema) };
}

function estimate(node: Node, scope: Scope): Estimate {
  const args = Array.isArray(node.args) ? (node.args as readonly unknown[]) : [node.args];
  switch (node.op) {
    case 'value':
      return { cost: 0, size: typeof args[0] === 'string' ? args[0].length : 1 };
    case 'id':
      return { cost: 1, ...(scope.get(String(args[0])) ?? UNKNOWN) };
    case '.':
    case '.?':
      return member(args as [Node, string], scope);
    case '[]':
    case '[?]':
      return element(args as [Node, Node], scope);
    case 'list':
    case 'map':
      return { cost: (MADE[node.op] ?? 0) + sum(args.flat(), scope), size: args.length };
    case '&&':
    case '||':
      return { cost: sum(args, scope), size: 1 };
    case '?:': {
      const [condition, yes, no] = (args as readonly Node[]).map((part) => estimate(part, scope));
      return { cost: (condition?.cost ?? 0) + Math.max(yes?.cost ?? 0, no?.cost ?? 0), size: Math.max(yes?.size ?? 1, no?.size ?? 1) };
    }
    case 'in': {
      const [wanted, list] = (args as readonly Node[]).map((part) => estimate(part, scope));
      return { cost: (wanted?.cost ?? 0) + (list?.cost ?? 0) + (list?.schema?.type === 'array' ? list.size : 1), size: 1 };
    }
    case '==':
    case '!=':
    case '+':
      return both(node.op, args as [Node, Node], scope);
    case 'call':
      if (args[0] === 'has') return present(((args[1] ?? []) as readonly Node[])[0], scope);
      return called(String(args[0]), undefined, (args[1] ?? []) as readonly Node[], scope);
    case 'rcall':
      return called(String(args[0]), args[1] as Node, (args[2] ?? []) as readonly Node[], scope);
  }
  return { cost: sum(args, scope) + 1, size: 1 };
}

function member([target, name]: [Node, string], scope: Scope): Estimate {
  const { cost, schema } = estimate(target, scope);
  const property = Object.entries(schema?.properties ?? {}).find(([own]) => (escapedName(own) ?? own) === name)?.[1];
  return { cost: cost + 1, ...shapeOf(property ?? (schema && valuesOf(schema))) };
}

/** To ask for a field costs no more than what it is asked of. */
function present(field: Node | undefined, scope: Scope): Estimate {
  const operand = field && Array.isArray(field.args) ? (field.args as readonly Node[])[0] : undefined;
  return { cost: operand ? estimate(operand, scope).cost : 1, size: 1 };
}

function element([target, index]: [Node, Node], scope: Scope): Estimate {
  const { cost, schema } = estimate(target, scope);
  return { cost: cost + estimate(index, scope).cost + 1, ...shapeOf(schema && (itemsOf(schema) ?? valuesOf(schema))) };
}

/** Comparisons walk the shorter text, sums both. */
function both(op: string, [left, right]: [Node, Node], scope: Scope): Estimate {
  const [a, b] = [estimate(left, scope), estimate(right, scope)];
  const walked = [a, b].filter(({ schema, size }) => schema?.type === 'string' || schema?.type === 'array' || size > 1);
  if (walked.length === 0) return { cost: a.cost + b.cost + 1, size: 1 };
  const length = op === '+' ? a.size + b.size : Math.min(a.size, b.size);
  return {
    cost: a.cost + b.cost + Math.max(1, length * TRAVERSAL),
    size: op === '+' ? length : 1,
    schema: op === '+' ? a.schema : undefined,
  };
}

function called(name: string, receiver: Node | undefined, parameters: readonly Node[], scope: Scope): Estimate {
  const target = receiver && estimate(receiver, scope);
  const [variable] = parameters;
  if (target && LOOPS.has(name) && variable?.op === 'id') return loop(name, target, parameters, scope);
  const given = parameters.map((parameter) => estimate(parameter, scope));
  const base = (target?.cost ?? 0) + given.reduce((total, { cost }) => total + cost, 0);
  const first = target ?? given[0] ?? { cost: 0, ...UNKNOWN };
  if (name === 'matches' || name === 'find' || name === 'findAll') {
    const pattern = (target ? given[0] : given[1])?.size ?? 1;
    return { cost: base + (first.size + 1) * TRAVERSAL * Math.max(1, pattern * PATTERN), size: first.size };
  }
  const [sought] = given;
  if (name === 'contains')
    return { cost: base + Math.max(1, first.size * TRAVERSAL * Math.max(1, (sought?.size ?? 1) * TRAVERSAL)), size: 1 };
  if (name === 'startsWith' || name === 'endsWith') return { cost: base + Math.max(1, (sought?.size ?? 1) * TRAVERSAL), size: 1 };
  const walks = TEXT_IN_TEXT_OUT.has(name) || ALONG.has(name);
  return { cost: base + (walks ? Math.max(1, first.size * TRAVERSAL) : 1), size: TEXT_IN_TEXT_OUT.has(name) ? first.size : 1 };
}

function loop(name: string, range: Estimate, parameters: readonly Node[], scope: Scope): Estimate {
  const bodies = parameters.slice(1);
  // With two variables the first one is the key or the index.
  const second = bodies.length > 1 && bodies[0]?.op === 'id' && name !== 'map' && name !== 'filter' ? bodies[0] : undefined;
  const { schema } = range;
  const item = shapeOf(schema && itemsOf(schema));
  const inner = new Map(scope);
  inner.set(String(parameters[0]?.args), second || schema?.type === 'object' ? { size: 1 } : item);
  if (second) inner.set(String(second.args), shapeOf(schema && (itemsOf(schema) ?? valuesOf(schema))));
  const evaluated = (second ? bodies.slice(1) : bodies).map((body) => estimate(body, inner));
  const body = evaluated.reduce((total, { cost }) => total + cost, 0);
  const gives = name === 'filter' ? schema : undefined;
  const makes = name === 'map' || name === 'filter';
  return { cost: range.cost + range.size * (body + PASS), size: makes ? range.size : 1, schema: gives };
}

function sum(nodes: readonly unknown[], scope: Scope): number {
  return nodes.reduce((total: number, node) => {
    if (Array.isArray(node)) return total + sum(node, scope);
    return isNode(node) ? total + estimate(node, scope).cost : total;
  }, 0);
}
