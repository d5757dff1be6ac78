// A pod that is still behind scheduling gates may have its node selection narrowed.
import { deepEqual, goStringMap, type NodeSelectorTerm, type PodSpec } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const TERMS = `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms`;

/** Checks that node selector and node affinity only grew; returns the spec with both as they were. */
export function gatedChanges(spec: PodSpec, before: PodSpec, errors: FieldErrors): PodSpec {
  const lost = Object.entries(before.nodeSelector ?? {}).some(([key, value]) => spec.nodeSelector?.[key] !== value);
  if (lost)
    errors.invalid(
      'spec.nodeSelector',
      goStringMap(spec.nodeSelector),
      'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    );
  const old = before.affinity?.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? [];
  const next = spec.affinity?.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? [];
  if (old.length > 0 && old.length !== next.length)
    errors.invalid(TERMS, next, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed');
  else
    for (const [index, term] of old.entries())
      if (!onlyAdditions(next[index] ?? {}, term))
        errors.invalid(`${TERMS}[${index}]`, next[index], 'only additions are allowed (no mutations or deletions)');
  const { nodeAffinity: _next, ...otherAffinity } = spec.affinity ?? {};
  const nodeAffinity = before.affinity?.nodeAffinity;
  const hasAffinity = before.affinity !== undefined || Object.keys(otherAffinity).length > 0;
  const { nodeSelector: _selector, affinity: _affinity, ...rest } = spec;
  return {
    ...rest,
    ...(before.nodeSelector ? { nodeSelector: before.nodeSelector } : {}),
    ...(hasAffinity ? { affinity: { ...(nodeAffinity ? { nodeAffinity } : {}), ...otherAffinity } } : {}),
  };
}

function onlyAdditions(next: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const;
  if (lists.every((list) => !old[list]?.length)) return lists.every((list) => !next[list]?.length);
  return lists.every((list) => deepEqual((next[list] ?? []).slice(0, old[list]?.length ?? 0), old[list] ?? []));
}
