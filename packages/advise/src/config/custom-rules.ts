// Rules of one's own, as CEL over the graph. Not part of the package's main entry: CEL is loaded by those who need it.
import { celEnvironment, type CelProgram, compileExpression, declareType, Meter, PER_CALL_LIMIT } from '@holdfast/schema/cel';
import type { Graph } from '../model/graph.ts';
import { titleOf } from '../model/sourced-object.ts';
import type { Workload } from '../model/workload.ts';
import type { Rule } from '../rule.ts';
import type { CustomRule } from './config.ts';
import { ConfigError } from './read-config.ts';

/** Rules that check as those built in do. Throws ConfigError with CEL's own words for an expression that does not compile. */
export function compileCustomRules(rules: readonly CustomRule[]): readonly Rule[] {
  const meter = new Meter();
  const env = celEnvironment(meter);
  const declared = declareType(env, {}, false);
  env.registerVariable('workload', declared.type);
  return rules.map((custom): Rule => {
    const { id, title, message, loss, fix, severity, appliesTo } = custom;
    const compile = (field: 'expression' | 'messageExpression', type: 'bool' | 'string'): CelProgram => {
      const compiled = compileExpression(env, meter, custom[field]?.trim() ?? '', type);
      if ('error' in compiled) throw new ConfigError(`rule ${id}, ${field}: ${compiled.error}`);
      return compiled.program;
    };
    const program = compile('expression', 'bool');
    const words = custom.messageExpression === undefined ? undefined : compile('messageExpression', 'string');
    return {
      id,
      title,
      about: `The expression ${custom.expression} must hold for every ${appliesTo === 'databases' ? 'database' : 'workload'}.`,
      loss,
      fix,
      sources: [],
      mistakes: [],
      severity,
      appliesTo,
      needs: [],
      check(graph, workload) {
        const variables = { workload: declared.convert(asSeen(graph, workload)) };
        const outcome = program.run(variables, PER_CALL_LIMIT);
        if ('value' in outcome && outcome.value === true) return [];
        const failed =
          'error' in outcome
            ? `the expression fails: ${outcome.error}`
            : 'exceeded' in outcome
              ? 'the expression costs too much'
              : undefined;
        const said = words?.run(variables, PER_CALL_LIMIT);
        const text = said && 'value' in said && typeof said.value === 'string' ? said.value : (message ?? title);
        return [
          {
            object: workload.source,
            path: ['metadata', 'name'],
            message: failed ?? `${titleOf(workload.source)}: ${text}`,
            evidence: [{ object: workload.source, path: [], says: failed ?? `${custom.expression} is false` }],
            confidence: failed === undefined ? 'high' : 'low',
          },
        ];
      },
    };
  });
}

/** What expressions see of a workload; docs/checks.md describes it. */
function asSeen(graph: Graph, { source, replicas, engine, database, storage, containers }: Workload): unknown {
  return {
    kind: source.kind,
    namespace: source.namespace,
    name: source.name,
    replicas,
    engine: engine?.name ?? '',
    database: database.length > 0,
    object: source.object,
    containers: containers.map(({ name, image, resources }) => ({ name, image: image?.value ?? '', resources: resources?.value ?? {} })),
    storage: storage.map((one) => ({
      name: one.name,
      source: one.source,
      holdsState: one.holdsState,
      perInstance: one.perInstance,
      mountPaths: one.mountPaths,
      claim: one.claim ?? {},
      class: graph.classOf(one)?.object ?? {},
    })),
  };
}
