// Takes away findings that are accepted: by an annotation with a reason and a last day, by the config file, by a baseline.
import { fingerprintOf } from '../fingerprint.ts';
import type { LoadProblem } from '../load/loaded.ts';
import { type SourcedObject, titleOf } from '../model/sourced-object.ts';
import type { Finding } from '../rule.ts';
import { globMatcher } from './glob.ts';
import type { Ignore } from './config.ts';

/** On an object, followed by a rule's name: 'until 2027-01-31: why'. */
export const IGNORE_PREFIX = 'ignore.holdfast.dev/';
const FORM = /^until (\d{4}-\d{2}-\d{2}):\s*(\S.*)$/s;

/** A finding that does not count, and by what. */
export interface Suppressed {
  readonly finding: Finding;
  readonly by: 'annotation' | 'config' | 'baseline';
  readonly reason: string;
}

/** What there is to accept findings with. */
export interface Acceptance {
  readonly ignore: readonly Ignore[];
  /** Fingerprints. */
  readonly baseline: ReadonlySet<string>;
  /** YYYY-MM-DD. */
  readonly today: string;
}

/** Findings that count, those that do not, and annotations that are of no use. */
export function suppress(
  findings: readonly Finding[],
  acceptance: Acceptance,
): { readonly findings: readonly Finding[]; readonly suppressed: readonly Suppressed[] } {
  const matchers = acceptance.ignore.map((one) => ({ ...one, matches: globMatcher(one.object) }));
  const reasonFor = (finding: Finding): Omit<Suppressed, 'finding'> | undefined => {
    const annotated = [finding.object, ...(finding.workload ? [finding.workload.source] : [])]
      .map((object) => annotationFor(object, finding.rule))
      .find((found) => found !== undefined && found.until >= acceptance.today);
    if (annotated) return { by: 'annotation', reason: annotated.reason };
    const titles = [titleOf(finding.object), ...(finding.workload ? [titleOf(finding.workload.source)] : [])];
    const ignored = matchers.find(({ rule, until, matches }) => rule === finding.rule && until >= acceptance.today && titles.some(matches));
    if (ignored) return { by: 'config', reason: ignored.reason };
    return acceptance.baseline.size > 0 && acceptance.baseline.has(fingerprintOf(finding))
      ? { by: 'baseline', reason: 'is in the baseline' }
      : undefined;
  };
  const judged = findings.map((finding) => ({ finding, accepted: reasonFor(finding) }));
  return {
    findings: judged.filter(({ accepted }) => accepted === undefined).map(({ finding }) => finding),
    suppressed: judged.flatMap(({ finding, accepted }) => (accepted ? [{ finding, ...accepted }] : [])),
  };
}

/** Annotations that name no rule, or lack the day or the reason; expired ones. They suppress nothing, and must not seem to. */
export function annotationProblems(objects: readonly SourcedObject[], rules: ReadonlySet<string>, today: string): readonly LoadProblem[] {
  return objects.flatMap((object) =>
    Object.entries(object.object.metadata.annotations ?? {})
      .filter(([key]) => key.startsWith(IGNORE_PREFIX))
      .flatMap(([key, value]) => {
        const rule = key.slice(IGNORE_PREFIX.length);
        const until = FORM.exec(value)?.[1];
        const problem = !rules.has(rule)
          ? `there is no rule ${rule}; holdfast check --list names all`
          : until === undefined
            ? `annotation ${key} must be of the form "until YYYY-MM-DD: reason"`
            : until < today
              ? `annotation ${key} ended on ${until}; renew it or mend what it is about`
              : undefined;
        return problem === undefined ? [] : [{ file: object.file, ...object.place(['metadata', 'annotations', key]), message: problem }];
      }),
  );
}

function annotationFor({ object }: SourcedObject, rule: string): { readonly until: string; readonly reason: string } | undefined {
  const [, until, reason] = FORM.exec(object.metadata.annotations?.[`${IGNORE_PREFIX}${rule}`] ?? '') ?? [];
  return until === undefined || reason === undefined ? undefined : { until, reason };
}
