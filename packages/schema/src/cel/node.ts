// A node of a parsed expression, as far as it is walked here.

export interface Node {
  readonly op: string;
  readonly args: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
