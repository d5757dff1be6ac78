// format.<name>() and format.named(): checks of text against Kubernetes' own formats.
import { Optional, type Environment } from '@marcbachmann/cel-js';
import { isDns1035Label, isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../../names.ts';
import { FORMATS } from '../../structural/formats.ts';

type Problems = (text: string) => readonly string[];

/** A named check. */
export class Format {
  readonly problems: Problems;

  constructor(problems: Problems) {
    this.problems = problems;
  }
}

/** `format` itself, on which the names are called. */
class FormatNamespace {}

const wellFormed =
  (name: string, words: string): Problems =>
  (text) =>
    FORMATS[name]?.(text) === true ? [] : [words];
const masked = (name: string): string => (name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name);

const NAMED: Readonly<Record<string, Problems>> = {
  dns1123Label: isDns1123Label,
  dns1123Subdomain: isDns1123Subdomain,
  dns1035Label: isDns1035Label,
  qualifiedName: isQualifiedName,
  dns1123LabelPrefix: (text) => isDns1123Label(masked(text)),
  dns1123SubdomainPrefix: (text) => isDns1123Subdomain(masked(text)),
  dns1035LabelPrefix: (text) => isDns1035Label(masked(text)),
  labelValue: isLabelValue,
  uri: wellFormed('uri', 'invalid URI'),
  uuid: wellFormed('uuid', 'does not match the UUID format'),
  byte: wellFormed('byte', 'invalid base64'),
  date: wellFormed('date', 'invalid date'),
  datetime: wellFormed('date-time', 'invalid datetime'),
};

export function addFormats(env: Environment): void {
  const sync = { async: false };
  env.registerType('kubernetes.NamedFormat', Format);
  env.registerType('kubernetes.FormatNamespace', FormatNamespace);
  env.registerConstant('format', 'kubernetes.FormatNamespace', new FormatNamespace());
  // CEL lets an optional value be compared with null, which it never is.
  env.registerOperator('optional<list<string>> == null', () => false);
  const made = new Map(Object.entries(NAMED).map(([name, problems]) => [name, new Format(problems)]));
  for (const [name, format] of made)
    env.registerFunction(`kubernetes.FormatNamespace.${name}(): kubernetes.NamedFormat`, () => format, sync);
  env.registerFunction(
    'kubernetes.FormatNamespace.named(string): optional<kubernetes.NamedFormat>',
    (_space: unknown, name: string) => {
      const format = made.get(name);
      return format ? Optional.of(format) : Optional.none();
    },
    sync,
  );
  env.registerFunction(
    'kubernetes.NamedFormat.validate(string): optional<list<string>>',
    (format: Format, text: string) => {
      const problems = format.problems(text);
      return problems.length > 0 ? Optional.of([...problems]) : Optional.none();
    },
    sync,
  );
}
