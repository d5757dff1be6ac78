// Merging an applied configuration into the object that is there.
import { isRecord, setMember } from '../deep.ts';
import { elementsOf, type ListType } from './list-elements.ts';
import { DEDUCED, type MergeType } from './merge-type.ts';

/** The live value with the configuration's values set. Nothing is removed; elements of lists keep the order of both as far as they agree. */
export function mergeApplied(type: MergeType, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined) return config;
  switch (type.kind) {
    case 'leaf':
      return config;
    case 'deduced':
      return isRecord(live) && isRecord(config) ? mergeMembers(() => DEDUCED, live, config) : config;
    case 'map':
      if (isRecord(live) && isRecord(config)) return mergeMembers(type.member, live, config);
      return config === null && isRecord(live) && Object.keys(live).length > 0 ? live : config;
    default:
      if (Array.isArray(live) && Array.isArray(config)) return mergeElements(type, live, config);
      return config === null && Array.isArray(live) && live.length > 0 ? live : config;
  }
}

type Values = Readonly<Record<string, unknown>>;

function mergeMembers(typeOf: (name: string) => MergeType | undefined, live: Values, config: Values): Values {
  const merged: Record<string, unknown> = {};
  for (const name of Object.keys(live)) setMember(merged, name, live[name]);
  for (const name of Object.keys(config)) {
    const before = Object.hasOwn(live, name) ? live[name] : undefined;
    setMember(merged, name, mergeApplied(typeOf(name) ?? DEDUCED, before, config[name]));
  }
  return merged;
}

/**
 * Elements of both lists: those that both have come in the order of the configuration, those that only one has stay
 * behind the element that they followed.
 */
function mergeElements(type: ListType, live: readonly unknown[], config: readonly unknown[]): readonly unknown[] {
  const left = elementsOf(type, live);
  const right = elementsOf(type, config);
  const leftByElement = new Map(left);
  const rightByElement = new Map(right);
  const shared = right.flatMap(([element]) => (leftByElement.has(element) ? [element] : []));
  const done = new Set<string>();
  const merged: unknown[] = [];
  let l = 0;
  let r = 0;
  let nextShared = 0;
  const take = ([element, item]: readonly [string, unknown]): void => {
    done.add(element);
    merged.push(type.kind === 'list' ? mergeApplied(type.element, leftByElement.get(element), item) : item);
    if (shared[nextShared] === element) nextShared++;
    r++;
  };
  while (l < left.length || r < right.length) {
    const mine = left[l];
    const theirs = right[r];
    if (mine && theirs && mine[0] === theirs[0]) {
      l++;
      take(theirs);
    } else if (mine && !rightByElement.has(mine[0])) {
      merged.push(mine[1]);
      l++;
    } else if (mine && (done.has(mine[0]) || mine[0] !== shared[nextShared])) {
      // Its turn was, or comes, with the configuration's.
      l++;
    } else if (theirs) take(theirs);
    else l++;
  }
  return merged;
}
