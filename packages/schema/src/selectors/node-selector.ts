// Node selectors: which nodes a pod or a volume may be on.
import type { Node, NodeSelector, NodeSelectorTerm } from '../generated/types.ts';
import { compareWhole } from './label-selector.ts';

type Requirement = NonNullable<NodeSelectorTerm['matchExpressions']>[number];

/** Whether the node is meant. An absent selector means every node; one without terms none. */
export function nodeSelectorMatches(selector: NodeSelector | null | undefined, node: Node): boolean {
  return selector === undefined || selector === null || nodeSelectorTermsMatch(selector.nodeSelectorTerms ?? [], node);
}

/** Whether one of the terms holds. A term without requirements holds for no node. */
export function nodeSelectorTermsMatch(terms: readonly NodeSelectorTerm[], node: Node): boolean {
  return terms.some((term) => nodeSelectorTermMatches(term, node));
}

/** Whether all requirements of one term hold. */
export function nodeSelectorTermMatches(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    expressions.every((r) => requirementHolds(r, Object.hasOwn(labels, r.key) ? labels[r.key] : undefined)) &&
    // metadata.name is the only field that the API accepts here.
    fields.every((r) => r.key === 'metadata.name' && requirementHolds(r, node.metadata.name))
  );
}

function requirementHolds(requirement: Requirement, actual: string | undefined): boolean {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return actual !== undefined && values.includes(actual);
    case 'NotIn':
      return actual === undefined || !values.includes(actual);
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    case 'Gt':
      return actual !== undefined && compareWhole(actual, values[0], 'gt');
    case 'Lt':
      return actual !== undefined && compareWhole(actual, values[0], 'lt');
    default:
      return false;
  }
}
