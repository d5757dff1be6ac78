// Runs the rules about changes over what was and what is to be.
import { type Config, NO_CONFIG } from '../config/config.ts';
import type { Loaded } from '../load/loaded.ts';
import { ENGINES } from '../model/engines.ts';
import type { Finding } from '../rule.ts';
import { type ChangeRule, changesBetween } from './change.ts';
import { CHANGE_RULES } from './index.ts';

/** Findings about the update from `before` to `after`; settings may change severities and switch rules off. */
export function checkChanges(
  before: Loaded,
  after: Loaded,
  { config = NO_CONFIG, rules = CHANGE_RULES }: { readonly config?: Config; readonly rules?: readonly ChangeRule[] } = {},
): readonly Finding[] {
  const own = config.engines.map(({ name }) => name);
  const changes = changesBetween(before, after, [...config.engines, ...ENGINES.filter(({ name }) => !own.includes(name))]);
  const wanted = rules.filter(({ id }) => config.severities.get(id) !== 'off');
  return changes.flatMap((change) =>
    wanted.flatMap((rule) =>
      rule.check(change).map((found): Finding => {
        const said = config.severities.get(rule.id);
        const severity = said === undefined || said === 'off' ? (found.severity ?? rule.severity) : said;
        return { loss: rule.loss, fix: rule.fix, ...found, severity, rule: rule.id, workload: change.is ?? change.was };
      }),
    ),
  );
}
