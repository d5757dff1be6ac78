// One compiled expression: types checked, metered, ready to run.
import type { Environment } from '@marcbachmann/cel-js';
import { metered, usesVariable } from './budget.ts';
import { compileErrorText, evaluationErrorText } from './compile-error.ts';
import { withoutIndexedHas } from './has-anywhere.ts';
import type { Meter } from './meter.ts';

/** A value, or why there is none. */
export type Outcome = { readonly value: unknown } | { readonly error: string } | { readonly exceeded: true };

export interface CelProgram {
  /** The expression as it was parsed, before it was metered. */
  readonly ast: unknown;
  /** Whether the expression speaks of `oldSelf`. */
  readonly usesOldSelf: boolean;
  /** Runs with these variables and at most this cost; the meter says what is left. */
  run(variables: Readonly<Record<string, unknown>>, budget: number): Outcome;
  /** Runs as a part of another expression, on that one's budget; throws what fails. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/** Compiles an expression that must be of the type; an error is worded as upstream words it. */
export function compileExpression(
  env: Environment,
  meter: Meter,
  expression: string,
  type: 'bool' | 'string' | 'any',
): { readonly program: CelProgram } | { readonly error: string } {
  try {
    const written = env.parse(expression);
    const rewritten = withoutIndexedHas(written.ast);
    const parsed = rewritten === undefined ? written : env.parse(rewritten);
    // The engine's own namespace for `bind`, which Kubernetes does not have.
    if (usesVariable(parsed.ast, 'cel'))
      return { error: "compilation failed: ERROR: <input>:1:1: undeclared reference to 'cel' (in container '')" };
    const text = metered(parsed.ast);
    const checked = parsed.check();
    if (!checked.valid) return { error: compileErrorText(expression, checked.error) };
    if (type !== 'any' && checked.type !== type && checked.type !== 'dyn') return { error: `cel expression must evaluate to a ${type}` };
    const program = env.parse(text);
    const again = program.check();
    if (!again.valid) return { error: compileErrorText(expression, again.error) };
    return {
      program: {
        ast: parsed.ast,
        usesOldSelf: usesVariable(parsed.ast, 'oldSelf'),
        evaluate: (variables) => program(variables),
        run: (variables, budget) => {
          meter.reset(budget);
          try {
            const value: unknown = program(variables);
            return meter.exceeded ? { exceeded: true } : { value };
          } catch (error) {
            return meter.exceeded ? { exceeded: true } : { error: evaluationErrorText(error) };
          }
        },
      },
    };
  } catch (error) {
    return { error: compileErrorText(expression, error) };
  }
}
