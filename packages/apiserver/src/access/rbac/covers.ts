// Whether somebody who holds some rules may give others away: nobody grants what they do not have.
import type { PolicyRule } from '@holdfast/schema';
import { pathMatches } from './matches.ts';

/** A rule with one verb and one resource (of one group, with at most one name) or one path. */
interface Atom {
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly path?: string;
}

/** The parts of `wanted` that `held` does not cover, as upstream words them: '{APIGroups:["apps"], Resources:["x"], Verbs:["get"]}'. */
export function missingRights(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly string[] {
  const missing = wanted.flatMap(atomsOf).filter((atom) => !held.some((rule) => covers(rule, atom)));
  return describeAll(missing);
}

function atomsOf(rule: PolicyRule): readonly Atom[] {
  const names: readonly (string | undefined)[] = rule.resourceNames?.length ? rule.resourceNames : [undefined];
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb) => names.map((name): Atom => ({ verb, group, resource, ...(name === undefined ? {} : { name }) }))),
    ),
  );
  return [...resources, ...(rule.nonResourceURLs ?? []).flatMap((path) => rule.verbs.map((verb): Atom => ({ verb, path })))];
}

function covers(rule: PolicyRule, { verb, group = '', resource = '', name, path }: Atom): boolean {
  const has = (list: readonly string[] | undefined, value: string): boolean =>
    list !== undefined && (list.includes('*') || list.includes(value));
  if (!has(rule.verbs, verb)) return false;
  if (path !== undefined) return (rule.nonResourceURLs ?? []).some((owned) => pathMatches(owned, path));
  if (!has(rule.apiGroups, group)) return false;
  const [, subresource] = resource.split('/');
  const held = has(rule.resources, resource) || (subresource !== undefined && rule.resources?.includes(`*/${subresource}`) === true);
  return held && (!rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name)));
}

/** Verbs of the same resource are told together. */
function describeAll(atoms: readonly Atom[]): readonly string[] {
  const together = new Map<string, { readonly first: Atom; readonly verbs: string[] }>();
  for (const atom of atoms) {
    const { verb: _verb, ...rest } = atom;
    const key = JSON.stringify(rest);
    const known = together.get(key) ?? { first: atom, verbs: [] };
    if (!known.verbs.includes(atom.verb)) known.verbs.push(atom.verb);
    together.set(key, known);
  }
  return [...together.values()].map(({ first, verbs }) => describe(first, verbs)).toSorted((a, b) => (a < b ? -1 : 1));
}

function describe({ group, resource, name, path }: Atom, verbs: readonly string[]): string {
  const part = (label: string, values: readonly string[]): string =>
    `${label}:[${values.map((value) => JSON.stringify(value)).join(', ')}]`;
  const parts =
    path === undefined ? [part('APIGroups', [group ?? '']), part('Resources', [resource ?? ''])] : [part('NonResourceURLs', [path])];
  if (name !== undefined) parts.push(part('ResourceNames', [name]));
  return `{${[...parts, part('Verbs', verbs)].join(', ')}}`;
}
