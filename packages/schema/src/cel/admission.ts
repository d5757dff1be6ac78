// Expressions over a request that is being admitted: webhooks' match conditions and admission policies. Nothing is typed
// beforehand, as upstream has it: objects are what the request brings.
import type { Environment } from '@marcbachmann/cel-js';
import { celValue } from './declare.ts';
import { celEnvironment } from './environment.ts';
import { addAuthorizer, type CelAuthorizer } from './library/authorizer.ts';
import { Meter } from './meter.ts';
import { type CelProgram, compileExpression, type Outcome } from './program.ts';

/** What expressions may speak of. JSON values, but for the authorizer. */
export interface AdmissionVariables {
  /** Null for a deletion. */
  readonly object: unknown;
  /** Null for a creation. */
  readonly oldObject: unknown;
  readonly request: unknown;
  readonly authorizer: CelAuthorizer;
  /** Policies only: the parameters of the binding, null without any. */
  readonly params?: unknown;
  /** Policies only: the namespace of the object, null for what has none. */
  readonly namespaceObject?: unknown;
}

export interface NamedExpression {
  readonly name: string;
  readonly expression: string;
}

type Compiled = { readonly program: CelProgram } | { readonly error: string };

/** The expressions of one webhook or policy: they share variables and a budget. Not to be used by two requests at once. */
export class AdmissionExpressions {
  readonly #meter = new Meter();
  readonly #env: Environment;
  readonly #variables: { readonly name: string; readonly program: CelProgram }[] = [];

  constructor(kind: 'webhook' | 'policy') {
    const env = celEnvironment(this.#meter).clone();
    addAuthorizer(env);
    for (const name of ['object', 'oldObject', 'request']) env.registerVariable(name, 'dyn');
    env.registerVariable('authorizer', 'kubernetes.authorization.Authorizer');
    if (kind === 'policy') for (const name of ['params', 'namespaceObject', 'variables']) env.registerVariable(name, 'dyn');
    this.#env = env;
  }

  compile(expression: string, type: 'bool' | 'string'): Compiled {
    return compileExpression(this.#env, this.#meter, expression.trim(), type);
  }

  /** Makes `variables.<name>` known to what is evaluated; an answer says why it cannot be. */
  declare({ name, expression }: NamedExpression): string | undefined {
    const compiled = compileExpression(this.#env, this.#meter, expression.trim(), 'any');
    if ('error' in compiled) return compiled.error;
    this.#variables.push({ name, program: compiled.program });
    return undefined;
  }

  /** Evaluates for one request; each evaluation draws on what is left of `budget`. */
  evaluation(given: AdmissionVariables, budget: number): (program: CelProgram) => Outcome {
    let left = budget;
    const { authorizer, ...values } = given;
    const variables: Record<string, unknown> = { authorizer };
    for (const [name, value] of Object.entries(values)) variables[name] = celValue(value);
    variables['variables'] = lazyVariables(this.#variables, { ...variables });
    return (program) => {
      const outcome = program.run(variables, left);
      left = 'exceeded' in outcome ? 0 : this.#meter.left;
      return outcome;
    };
  }
}

/**
 * Variables of a policy: each is evaluated when it is first spoken of, once, and sees those before it. Plain Maps, since the
 * engine asks for a value's class.
 */
function lazyVariables(
  declared: readonly { readonly name: string; readonly program: CelProgram }[],
  others: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, unknown> {
  const made = new Map<string, unknown>();
  const before = (end: number): ReadonlyMap<string, unknown> => {
    const indexOf = (name: string): number => declared.findIndex((one, index) => index < end && one.name === name);
    return Object.assign(new Map<string, unknown>(), {
      has: (name: string) => indexOf(name) >= 0,
      get: (name: string) => {
        const index = indexOf(name);
        if (index >= 0 && !made.has(name)) made.set(name, declared[index]?.program.evaluate({ ...others, variables: before(index) }));
        return index >= 0 ? made.get(name) : undefined;
      },
    });
  };
  return before(declared.length);
}
