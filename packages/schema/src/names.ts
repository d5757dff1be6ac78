// Checks of names and labels with upstream's messages (k8s.io/apimachinery/pkg/util/validation). Each returns what is
// wrong, nothing for a good value.

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const DNS1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const ENV_NAME = '[-._a-zA-Z][-._a-zA-Z0-9]*';
const CONFIG_KEY = '[-._a-zA-Z0-9]+';

const WILDCARD = `\\*\\.${SUBDOMAIN}`;
const UNDERSCORE_LABEL = '[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?';
const UNDERSCORE = `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`;

const WILDCARD_RE = anchored(WILDCARD);
const UNDERSCORE_RE = anchored(UNDERSCORE);
const LABEL_RE = anchored(LABEL);
const SUBDOMAIN_RE = anchored(SUBDOMAIN);
const DNS1035_RE = anchored(DNS1035);
const QUALIFIED_RE = anchored(QUALIFIED);
const LABEL_VALUE_RE = anchored(LABEL_VALUE);
const ENV_NAME_RE = anchored(ENV_NAME);
const CONFIG_KEY_RE = anchored(CONFIG_KEY);

const QUALIFIED_WORDS = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_WORDS =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const SUBDOMAIN_WORDS =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const DNS1035_WORDS =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";

/** Nothing is wrong: what most names are told, without making anything for it. */
const NOTHING_WRONG: readonly string[] = [];

/** A name of at most 63 characters such as a namespace's or a container's. */
export function isDns1123Label(value: string): readonly string[] {
  if (value.length <= 63 && LABEL_RE.test(value)) return NOTHING_WRONG;
  return [...longerThan(value, 63), ...(LABEL_RE.test(value) ? [] : [regexError(LABEL_WORDS, LABEL, 'my-name', '123-abc')])];
}

/** A name of at most 253 characters such as most objects'. */
export function isDns1123Subdomain(value: string): readonly string[] {
  if (value.length <= 253 && SUBDOMAIN_RE.test(value)) return NOTHING_WRONG;
  return [...longerThan(value, 253), ...(SUBDOMAIN_RE.test(value) ? [] : [regexError(SUBDOMAIN_WORDS, SUBDOMAIN, 'example.com')])];
}

/** A Service's name. */
export function isDns1035Label(value: string): readonly string[] {
  return [...longerThan(value, 63), ...(DNS1035_RE.test(value) ? [] : [regexError(DNS1035_WORDS, DNS1035, 'my-name', 'abc-123')])];
}

/** A label or annotation key: a name with an optional DNS prefix. */
export function isQualifiedName(value: string): readonly string[] {
  if (value.length <= 63 && QUALIFIED_RE.test(value)) return NOTHING_WRONG;
  const parts = value.split('/');
  if (parts.length > 2) {
    const regex = regexError(QUALIFIED_WORDS, QUALIFIED, 'MyName', 'my.name', '123-abc');
    return [`a qualified name ${regex} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1) ?? '';
  return [...(parts.length === 2 ? prefixProblems(parts[0] ?? '') : []), ...namePartProblems(name)];
}

/** A DNS subdomain whose first label may be '*'. */
export function isWildcardDns1123Subdomain(value: string): readonly string[] {
  const words =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...longerThan(value, 253), ...(WILDCARD_RE.test(value) ? [] : [regexError(words, WILDCARD, '*.example.com')])];
}

/** A DNS subdomain that may hold underscores: a search domain. */
export function isDns1123SubdomainWithUnderscore(value: string): readonly string[] {
  const words =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [...longerThan(value, 253), ...(UNDERSCORE_RE.test(value) ? [] : [regexError(words, UNDERSCORE, 'example.com')])];
}

/** The name of an environment variable as 1.32 reads it: any printable ASCII but '='. */
export function isRelaxedEnvVarName(value: string): readonly string[] {
  if (value === '') return ['must be non-empty'];
  return /^[\x20-\x3c\x3e-\x7e]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** The name of an HTTP header. */
export function isHttpHeaderName(value: string): readonly string[] {
  if (/^[-A-Za-z0-9]+$/.test(value)) return [];
  return [regexError("a valid HTTP header must consist of alphanumeric characters or '-'", '[-A-Za-z0-9]+', 'X-Header-Name')];
}

/** A percentage such as '25%'. */
export function isValidPercent(value: string): readonly string[] {
  return /^[0-9]+%$/.test(value)
    ? []
    : [regexError("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%')];
}

/** The value of a label. */
export function isLabelValue(value: string): readonly string[] {
  if (value.length <= 63 && LABEL_VALUE_RE.test(value)) return NOTHING_WRONG;
  const words =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [
    ...longerThan(value, 63),
    ...(LABEL_VALUE_RE.test(value) ? [] : [regexError(words, LABEL_VALUE, 'MyValue', 'my_value', '12345')]),
  ];
}

/** The name of an environment variable. */
export function isEnvVarName(value: string): readonly string[] {
  const words =
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit";
  const problems = ENV_NAME_RE.test(value) ? [] : [regexError(words, ENV_NAME, 'my.env-name', 'MY_ENV.NAME', 'MyEnvName1')];
  return [...problems, ...dots(value)];
}

/** A key of a ConfigMap or Secret. */
export function isConfigMapKey(value: string): readonly string[] {
  const words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
  const problems = CONFIG_KEY_RE.test(value) ? [] : [regexError(words, CONFIG_KEY, 'key.name', 'KEY_NAME', 'key-name')];
  return [...longerThan(value, 253), ...problems, ...dots(value)];
}

/** A name that can be one segment of a path, such as a role's. */
export function isPathSegmentName(value: string): readonly string[] {
  if (value === '.') return ["may not be '.'"];
  if (value === '..') return ["may not be '..'"];
  return ['/', '%'].filter((c) => value.includes(c)).map((c) => `may not contain '${c}'`);
}

/** The name of a container port. */
export function isValidPortName(value: string): readonly string[] {
  if (value.length > 15) return ['must be no more than 15 characters'];
  const problems: string[] = [];
  if (!/^[-a-z0-9]+$/.test(value)) problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** A port number. */
export function isValidPortNumber(port: number): readonly string[] {
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

function prefixProblems(prefix: string): readonly string[] {
  return prefix === '' ? ['prefix part must be non-empty'] : isDns1123Subdomain(prefix).map((m) => `prefix part ${m}`);
}

function namePartProblems(name: string): readonly string[] {
  if (name === '')
    return ['name part must be non-empty', `name part ${regexError(QUALIFIED_WORDS, QUALIFIED, 'MyName', 'my.name', '123-abc')}`];
  const problems = longerThan(name, 63).map((m) => `name part ${m}`);
  return QUALIFIED_RE.test(name)
    ? problems
    : [...problems, `name part ${regexError(QUALIFIED_WORDS, QUALIFIED, 'MyName', 'my.name', '123-abc')}`];
}

function dots(value: string): readonly string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

function longerThan(value: string, max: number): readonly string[] {
  return value.length > max ? [`must be no more than ${max} characters`] : [];
}

function regexError(words: string, regex: string, ...examples: readonly string[]): string {
  const list = examples.map((e) => `'${e}', `).join(' or ');
  return `${words} (e.g. ${list}regex used for validation is '${regex}')`;
}

function anchored(source: string): RegExp {
  return new RegExp(`^${source}$`);
}
