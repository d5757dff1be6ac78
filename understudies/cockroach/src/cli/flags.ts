// Flags of the command line, as CockroachDB's own commands take them.
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command line cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A flag: `value` takes a text, `list` may be given several times, `switch` is there or not, `ignored` takes a text that has no meaning here. */
export type FlagKind = 'value' | 'list' | 'switch' | 'ignored';
export type FlagSpec = Readonly<Record<string, { readonly kind: FlagKind; readonly short?: string }>>;

export interface Flags {
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  has(name: string): boolean;
  /** Flags that were given and have no meaning for this understudy. */
  readonly ignored: readonly string[];
  readonly positionals: readonly string[];
}

/** Throws UsageError in CockroachDB's words, as far as they are the words of its flag parser. */
export function parseFlags(args: readonly string[], spec: FlagSpec): Flags {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { kind, short }] of Object.entries(spec))
    options[name] = { type: kind === 'switch' ? 'boolean' : 'string', multiple: true, ...(short === undefined ? {} : { short }) };
  let parsed: { readonly values: Record<string, unknown>; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: args.map(withoutTrue), options, allowPositionals: true, strict: true });
  } catch (error) {
    const unknown = /Unknown option '(-[^']*)'/.exec(error instanceof Error ? error.message : '')?.[1];
    if (unknown !== undefined) throw new UsageError(`unknown flag: ${unknown}`);
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const list = (name: string): readonly string[] => {
    const value = parsed.values[name];
    return Array.isArray(value) ? value.map(String) : [];
  };
  return {
    text: (name) => list(name).at(-1),
    list,
    has: (name) => parsed.values[name] !== undefined,
    ignored: Object.entries(spec).flatMap(([name, { kind }]) =>
      kind === 'ignored' && parsed.values[name] !== undefined ? [`--${name}`] : [],
    ),
    positionals: parsed.positionals,
  };
}

/** `--insecure=true` says what `--insecure` says. */
function withoutTrue(arg: string): string {
  return /^--[a-z-]+=true$/.test(arg) ? arg.slice(0, -'=true'.length) : arg;
}
