// Until when nodes were in trouble: reasons for which pods are deleted that no workload's controller deleted.
import { isConditionTrue } from '@holdfast/controller';
import { type Node, NODES } from '@holdfast/schema';
import { type Change, isOf } from '../../recording-store.ts';

export class NodeView {
  /** When a node was last in trouble; Infinity: it is now. */
  readonly #unwellUntilMs = new Map<string, number>();

  /** To be called with every change, before it is judged. */
  change(change: Change, atMs: number): void {
    if (!isOf(change, NODES)) return;
    const { name = '' } = change.object.metadata;
    if (change.type === 'DELETED' || isUnwell(change.object)) this.#unwellUntilMs.set(name, Number.POSITIVE_INFINITY);
    else if (this.#unwellUntilMs.get(name) === Number.POSITIVE_INFINITY) this.#unwellUntilMs.set(name, atMs);
  }

  /** Whether the node was gone, not Ready or tainted with NoExecute at any time since then. */
  wasUnwell(name: string, sinceMs: number): boolean {
    return (this.#unwellUntilMs.get(name) ?? Number.NEGATIVE_INFINITY) >= sinceMs;
  }
}

function isUnwell({ spec, status }: Node): boolean {
  return !isConditionTrue(status?.conditions, 'Ready') || (spec?.taints ?? []).some(({ effect }) => effect === 'NoExecute');
}
