// Which nodes the cluster has: part of the replicated state.

/** What a node says of itself. Addresses are `host:port`; `startedAtMs` is in milliseconds since 1970. */
export interface NodeInfo {
  readonly storeId: string;
  readonly address: string;
  readonly sqlAddress: string;
  readonly httpAddress: string;
  readonly locality: string;
  readonly build: string;
  readonly startedAtMs: number;
}

export interface Member extends NodeInfo {
  readonly nodeId: number;
}

/** A node that is new gets the next number; one that is known by its store keeps its own, and what it says of itself is noted. */
export type MembershipCommand = { readonly join: NodeInfo };

export interface MembershipState {
  readonly clusterId: string;
  readonly nextId: number;
  readonly members: readonly Member[];
}

export class Membership {
  #state: MembershipState = { clusterId: '', nextId: 1, members: [] };

  get clusterId(): string {
    return this.#state.clusterId;
  }

  get members(): readonly Member[] {
    return this.#state.members;
  }

  member(nodeId: number): Member | undefined {
    return this.#state.members.find((member) => member.nodeId === nodeId);
  }

  /** Returns the node's number. */
  apply({ join }: MembershipCommand): number {
    const { members, nextId } = this.#state;
    const known = members.find((member) => member.storeId === join.storeId);
    const member = { ...join, nodeId: known?.nodeId ?? nextId };
    const others = members.filter((other) => other.nodeId !== member.nodeId);
    this.#state = {
      ...this.#state,
      nextId: Math.max(nextId, member.nodeId + 1),
      members: [...others, member].toSorted((a, b) => a.nodeId - b.nodeId),
    };
    return member.nodeId;
  }

  get state(): MembershipState {
    return this.#state;
  }

  restore(state: MembershipState): void {
    this.#state = state;
  }
}

/** The state of a cluster that begins with this node. */
export function founding(clusterId: string, info: NodeInfo): MembershipState {
  return { clusterId, nextId: 2, members: [{ ...info, nodeId: 1 }] };
}

/** Whether the value, from another node, is what a node says of itself. */
export function isNodeInfo(value: unknown): value is NodeInfo {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const texts = ['storeId', 'address', 'sqlAddress', 'httpAddress', 'locality', 'build'];
  return texts.every((name) => typeof fields[name] === 'string') && typeof fields['startedAtMs'] === 'number';
}
