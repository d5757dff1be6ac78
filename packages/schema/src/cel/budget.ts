// Rewriting expressions so that what they do is paid for, and so that regular expressions run in linear time.
import { type ASTNode, serialize } from '@marcbachmann/cel-js';
import { MATCHES } from './library/strings.ts';
import { isNode, type Node } from './node.ts';

/** Called on each pass of a loop, with the number of nodes that the pass evaluates. */
export const TICK = 'holdfast_tick';
/** Passes on an operand that is about to be looked through. */
export const WEIGH = 'holdfast_weigh';
/** Passes on an operand that is about to be compared down to its leaves. */
export const WEIGH_DEEP = 'holdfast_weigh_deep';

/** A node as the engine's serializer reads it. */
const LOOPS = new Set(['all', 'exists', 'exists_one', 'existsOne', 'filter', 'map']);
/** Calls that look through their receiver. */
const LINEAR = new Set(
  'contains indexOf lastIndexOf replace split matches find findAll lowerAscii upperAscii trim charAt join sum min max isSorted'.split(' '),
);

/** The expression with its loops and its linear operations metered. */
export function metered(ast: ASTNode): string {
  return serialize(rewrite(ast) as ASTNode);
}

/** Whether an expression speaks of a variable. */
export function usesVariable(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((item) => usesVariable(item, name));
  if (!isNode(node)) return false;
  return node.op === 'id' ? node.args === name : usesVariable(node.args, name);
}

function rewrite(node: Node): Node {
  if (node.op === 'value' || node.op === 'id') return node;
  const args = rewriteArgs(node.args);
  if (!Array.isArray(args)) return { op: node.op, args };
  switch (node.op) {
    case 'in':
      return { op: 'in', args: [args[0], weighed(args[1] as Node, WEIGH)] };
    case '+':
      return { op: '+', args: args.map((operand: Node) => weighed(operand, WEIGH)) };
    case '==':
    case '!=':
      return {
        op: node.op,
        args: args.some((operand: Node) => operand.op === 'value') ? args : [weighed(args[0] as Node, WEIGH_DEEP), args[1]],
      };
    case 'call':
      return args[0] === 'matches' ? { op: 'call', args: [MATCHES, args[1]] } : { op: 'call', args };
    case 'rcall':
      return rewriteCall(args as [string, Node, readonly Node[]]);
    default:
      return { op: node.op, args };
  }
}

function rewriteCall([name, receiver, parameters]: [string, Node, readonly Node[]]): Node {
  const [variable, ...bodies] = parameters;
  if (LINEAR.has(name)) return { op: 'rcall', args: [name === 'matches' ? MATCHES : name, weighed(receiver, WEIGH), parameters] };
  const [first, second] = bodies;
  if (!LOOPS.has(name) || first === undefined || variable?.op !== 'id') return { op: 'rcall', args: [name, receiver, parameters] };
  const pass: Node = { op: 'call', args: [TICK, [{ op: 'value', args: BigInt(countNodes(bodies)) }]] };
  const loop = name === 'existsOne' ? 'exists_one' : name;
  if (name === 'map' && second === undefined) return { op: 'rcall', args: [loop, receiver, [variable, pass, first]] };
  const condition: Node = { op: '?:', args: [pass, first, { op: 'value', args: false }] };
  return { op: 'rcall', args: [loop, receiver, [variable, condition, ...bodies.slice(1)]] };
}

function weighed(operand: Node, how: string): Node {
  return operand.op === 'value' ? operand : { op: 'call', args: [how, [operand]] };
}

function rewriteArgs(args: unknown): unknown {
  if (Array.isArray(args)) return args.map((arg) => rewriteArgs(arg));
  return isNode(args) ? rewrite(args) : args;
}

function countNodes(node: unknown): number {
  if (Array.isArray(node)) return node.reduce((sum: number, item) => sum + countNodes(item), 0);
  return isNode(node) ? 1 + countNodes(node.args) : 0;
}
