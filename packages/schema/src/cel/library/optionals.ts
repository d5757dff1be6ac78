// Optional values beyond those of the engine: optMap, optFlatMap, ofNonZeroValue.
import { type Environment, Optional } from '@marcbachmann/cel-js';

/** The parts of the engine's macros that are used here. */
interface Context {
  forkWithVariable(name: string, type: unknown): Context;
  reuse(context: Context): Context;
  setIterValue(value: unknown, evaluator: Evaluator): Context;
}
interface Node {
  readonly op: string;
  readonly args: unknown;
}
interface TypeDeclaration {
  readonly kind: string;
  readonly valueType: TypeDeclaration;
}
interface Checker {
  check(node: Node, context: Context): TypeDeclaration;
  getType(name: string): TypeDeclaration;
  readonly registry: { getOptionalType(type: TypeDeclaration): TypeDeclaration };
  createError(code: string, message: string, node: Node): Error;
}
interface Evaluator {
  run(node: Node, context: Context): unknown;
}
interface Call {
  readonly args: readonly [Node, Node];
  readonly receiver: Node;
}
interface Macro {
  readonly name: string;
  readonly receiver: Node;
  readonly body: Node;
  inner: Context | undefined;
}

export function addOptionals(env: Environment): void {
  const macro = (flat: boolean) => (call: Call) => ({
    name: String(call.args[0].args),
    receiver: call.receiver,
    body: call.args[1],
    inner: undefined as Context | undefined,
    async: false,
    typeCheck(checker: Checker, self: Macro, context: Context): TypeDeclaration {
      if (call.args[0].op !== 'id')
        throw checker.createError('invalid_macro_argument', 'optMap() variable name must be a simple identifier', call.args[0]);
      const outer = checker.check(self.receiver, context);
      const value = outer.kind === 'optional' ? outer.valueType : checker.getType('dyn');
      self.inner = context.forkWithVariable(self.name, value);
      const result = checker.check(self.body, self.inner);
      return flat ? result : checker.registry.getOptionalType(result);
    },
    evaluate(evaluator: Evaluator, self: Macro, context: Context): unknown {
      const optional = evaluator.run(self.receiver, context);
      if (!(optional instanceof Optional) || !optional.hasValue() || !self.inner) return Optional.none();
      const result = evaluator.run(self.body, self.inner.reuse(context).setIterValue(optional.value(), evaluator));
      return flat ? result : Optional.of(result);
    },
  });
  env.registerFunction('optional.optMap(ast, ast): optional', macro(false) as never);
  env.registerFunction('optional.optFlatMap(ast, ast): optional', macro(true) as never);
  env.registerFunction(
    'OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>',
    (_space: unknown, value: unknown) => (isZero(value) ? Optional.none() : Optional.of(value)),
    { async: false },
  );
}

function isZero(value: unknown): boolean {
  if (value === null || value === false || value === 0 || value === 0n || value === '') return true;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return value instanceof Map && value.size === 0;
}
