// What is wrong with an expression, worded and underlined as cel-go does it.

interface EngineError {
  readonly code?: string;
  readonly summary?: string;
  readonly message: string;
  readonly range?: { readonly start: number };
  readonly node?: { readonly start?: number; readonly op?: string; readonly args?: unknown };
}

/** 'compilation failed: ERROR: <input>:1:6: undefined field 'x'', with the line and a caret below it. */
export function compileErrorText(expression: string, error: unknown): string {
  const engine = error as EngineError;
  const at = positionOf(expression, engine);
  const before = expression.slice(0, at);
  const line = before.split('\n').length;
  const column = at - (before.lastIndexOf('\n') + 1);
  const source = expression.split('\n')[line - 1] ?? '';
  const words = wordsOf(engine);
  return `compilation failed: ERROR: <input>:${line}:${column + 1}: ${words}\n | ${source}\n | ${'.'.repeat(column)}^`;
}

/** cel-go points at the dot of a selection, at the sign of an operator and at the name of a call's end. */
function positionOf(expression: string, { range, node }: EngineError): number {
  const start = range?.start ?? node?.start ?? 0;
  if (node?.op !== '.' || !Array.isArray(node.args)) return start;
  const operand = node.args[0] as { readonly end?: number } | undefined;
  return operand?.end !== undefined && expression[operand.end] === '.' ? operand.end : start;
}

function wordsOf({ code, summary, message }: EngineError): string {
  const text = summary ?? message.split('\n')[0] ?? '';
  const match = (pattern: RegExp): RegExpExecArray | null => pattern.exec(text);
  const key = match(/^No such key: (.*)$/);
  if (key) return `undefined field '${key[1]}'`;
  const variable = match(/^Unknown variable: (.*)$/);
  if (variable) return `undeclared reference to '${variable[1]}' (in container '')`;
  const binary = match(/^no such overload: (.+) (\S+) (.+)$/);
  if (binary) return `found no matching overload for '_${binary[2]}_' applied to '(${binary[1]}, ${binary[3]})'`;
  const call = match(/^found no matching overload for '(?:(.+)\.)?(\w+)\((.*)\)'$/);
  if (call) return `found no matching overload for '${call[2]}' applied to '${call[1] === undefined ? '' : `${call[1]}.`}(${call[3]})'`;
  return code === undefined || !/token|parse|unexpected/i.test(code) ? text : `Syntax error: ${text}`;
}

/** What failed while an expression ran, as cel-go says it. */
export function evaluationErrorText(error: unknown): string {
  const { code, summary, message } = error as EngineError;
  const text = summary ?? message.split('\n')[0] ?? '';
  if (code === 'no_such_overload' || code === 'no_matching_overload') return 'no such overload';
  return text
    .replace(/^No such key: index out of bounds, index (-?\d+).*$/, 'index out of bounds: $1')
    .replace(/^No such key:/, 'no such key:');
}
