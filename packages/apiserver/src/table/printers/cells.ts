// Pieces of cells that several kinds share.
import { type Container, type KubeObject, labelSelector, type LabelSelector, type PodTemplateSpec } from '@holdfast/schema';
import { age } from '../duration.ts';
import type { PrintContext } from '../printer.ts';

export const NONE = '<none>';
export const UNSET = '<unset>';
export const UNKNOWN = '<unknown>';

export function nameOf(object: KubeObject): string {
  return object.metadata.name ?? '';
}

/** How long ago the object was created. */
export function ageOf(object: KubeObject, { now }: PrintContext): string {
  return age(object.metadata.creationTimestamp, now);
}

/** 'a=1,b=2' in order of the keys. */
export function labelsText(labels: Readonly<Record<string, string>> | null | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length > 0 ? pairs.toSorted().join(',') : NONE;
}

/** 'app=web,tier in (a,b)'. */
export function selectorText(selector: LabelSelector | undefined): string {
  return (selector && labelSelector(selector).toString()) || NONE;
}

/** Names and images of a template's containers, each joined with commas. */
export function containersText(template: PodTemplateSpec | undefined): readonly [string, string] {
  const containers: readonly Container[] = template?.spec?.containers ?? [];
  return [containers.map(({ name }) => name).join(','), containers.map(({ image }) => image ?? '').join(',')];
}

/** Up to `max` of the items, and how many more there are. */
export function someOf(items: readonly string[], max = 3): string {
  const shown = items.slice(0, max).join(',');
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown;
}

/** 'True', 'False', or '<unset>' when it is absent. */
export function booleanText(value: boolean | null | undefined): string {
  if (value === undefined || value === null) return UNSET;
  return value ? 'True' : 'False';
}
