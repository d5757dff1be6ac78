// matchConditions of a webhook or a policy: it is asked only where all of them hold.
import type { MatchCondition } from '@holdfast/schema';
import type { AdmissionExpressions, AdmissionVariables } from '@holdfast/schema/cel';
import { loadCel, withCel } from '../crd/cel-module.ts';

/** Cost of all conditions of one webhook or policy together (upstream's RuntimeCELCostBudgetMatchConditions). */
const BUDGET = 2_500_000;

export interface MatchConditions {
  readonly none: boolean;
  /** Whether all hold, or why that cannot be said. One that does not hold outweighs one that fails. */
  hold(variables: () => AdmissionVariables): Promise<{ readonly matches: boolean } | { readonly error: string }>;
}

export function matchConditions(kind: 'webhook' | 'policy', conditions: readonly MatchCondition[]): MatchConditions {
  type Program = ReturnType<AdmissionExpressions['compile']>;
  let compiled: { readonly expressions: AdmissionExpressions; readonly programs: readonly Program[] } | undefined;
  const compile = (): NonNullable<typeof compiled> => {
    const expressions = withCel().admission(kind);
    return { expressions, programs: conditions.map(({ expression }) => expressions.compile(expression, 'bool')) };
  };
  return {
    none: conditions.length === 0,
    hold: async (variables) => {
      if (conditions.length === 0) return { matches: true };
      await loadCel();
      compiled ??= compile();
      const evaluate = compiled.expressions.evaluation(variables(), BUDGET);
      const errors: string[] = [];
      for (const [index, one] of compiled.programs.entries()) {
        const outcome = 'error' in one ? one : evaluate(one.program);
        const { expression = '' } = conditions[index] ?? {};
        if ('exceeded' in outcome)
          errors.push('validation failed due to running out of cost budget, no further validation rules will be run');
        else if ('error' in outcome) errors.push(`expression '${expression}' resulted in error: ${outcome.error}`);
        else if (outcome.value !== true) return { matches: false };
      }
      return errors.length > 0 ? { error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` } : { matches: true };
    },
  };
}
