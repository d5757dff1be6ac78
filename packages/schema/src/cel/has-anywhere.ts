// has() of a field of anything: the engine knows it of variables and their fields only, CEL of every expression (`has(self[0].a)`).
import { type ASTNode, serialize } from '@marcbachmann/cel-js';
import { isNode, type Node } from './node.ts';

/** The variable that stands for the value whose field is asked for. */
const VALUE = 'holdfast_value';

/** The expression with each `has(x.a.b)` whose x is no variable as `[x].exists(v, has(v.a.b))`; undefined where there is none. */
export function withoutIndexedHas(ast: ASTNode): string | undefined {
  const state = { found: false };
  const rewritten = rewrite(ast, state);
  return state.found ? serialize(rewritten as ASTNode) : undefined;
}

function rewrite(node: unknown, state: { found: boolean }): unknown {
  if (Array.isArray(node)) return node.map((part) => rewrite(part, state));
  if (!isNode(node) || node.op === 'value' || node.op === 'id') return node;
  const args = rewrite(node.args, state);
  const [name, parameters] = node.op === 'call' && Array.isArray(args) ? (args as [unknown, unknown]) : [];
  const field: unknown = name === 'has' && Array.isArray(parameters) ? parameters[0] : undefined;
  const base = isNode(field) && field.op === '.' ? baseOf(field) : undefined;
  if (base === undefined || base.op === 'id') return { op: node.op, args };
  state.found = true;
  const asked = { op: 'call', args: ['has', [onto(field as Node, base)]] };
  return { op: 'rcall', args: ['exists', { op: 'list', args: [base] }, [{ op: 'id', args: VALUE }, asked]] };
}

/** What the selections begin with. */
function baseOf(node: Node): Node {
  return isSelection(node) ? baseOf(node.args[0]) : node;
}

/** The same selections of the variable. */
function onto(node: Node, base: Node): Node {
  if (node === base) return { op: 'id', args: VALUE };
  return isSelection(node) ? { op: node.op, args: [onto(node.args[0], base), node.args[1]] } : node;
}

function isSelection(node: Node): node is { readonly op: string; readonly args: readonly [Node, unknown] } {
  return (node.op === '.' || node.op === '.?') && Array.isArray(node.args);
}
