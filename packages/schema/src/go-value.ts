// Values as Go prints them with %#v: messages about maps and lists of text show them in that form.
import type { LabelSelector } from './generated/types.ts';

/** Text that stands for a value in an error's message as it is. */
export class GoValue {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** 'map[string]string{"app":"db"}'; keys sorted; nil for undefined. */
export function goStringMap(map: Readonly<Record<string, string>> | undefined): GoValue {
  return new GoValue(stringMap(map));
}

/** '[]string{"a", "b"}'; another element type where the field has one. */
export function goStrings(list: readonly string[] | undefined, type = 'string'): GoValue {
  return new GoValue(strings(list, type));
}

/** 'v1.LabelSelector{MatchLabels:…, MatchExpressions:…}'. */
export function goLabelSelector(selector: LabelSelector | undefined): GoValue {
  if (!selector) return new GoValue('null');
  const expressions = selector.matchExpressions?.map(
    ({ key, operator, values }) => `v1.LabelSelectorRequirement{Key:${quote(key)}, Operator:${quote(operator)}, Values:${strings(values)}}`,
  );
  const list = expressions ? `[]v1.LabelSelectorRequirement{${expressions.join(', ')}}` : '[]v1.LabelSelectorRequirement(nil)';
  return new GoValue(`v1.LabelSelector{MatchLabels:${stringMap(selector.matchLabels)}, MatchExpressions:${list}}`);
}

function stringMap(map: Readonly<Record<string, string>> | undefined): string {
  if (!map) return 'map[string]string(nil)';
  const entries = Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]string{${entries.map(([key, value]) => `${quote(key)}:${quote(value)}`).join(', ')}}`;
}

function strings(list: readonly string[] | undefined, type = 'string'): string {
  return list ? `[]${type}{${list.map(quote).join(', ')}}` : `[]${type}(nil)`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
