// Flags as Go programs take them: --name=value, --name value, --name.

/** Values by name, in the order given; a flag without a value is 'true'. */
export type Flags = ReadonlyMap<string, readonly string[]>;

/** Flags that are about the machine or about parts that are not there: accepted, without effect and without a word. */
const HARMLESS =
  /^(advertise-address|allow-privileged|etcd-servers|authorization-mode|unsafe-no-fsync|data-dir|listen-peer-urls|advertise-client-urls|service-account-key-file|v|log.*)$/;

export function parseGoFlags(args: readonly string[]): Flags {
  const flags = new Map<string, string[]>();
  for (let index = 0; index < args.length; index++) {
    const [, name = '', value] = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(args[index] ?? '') ?? [];
    if (name === '') continue;
    const next = args[index + 1];
    const taken = value ?? (next !== undefined && !next.startsWith('-') ? next : 'true');
    if (value === undefined && taken === next) index++;
    flags.set(name, [...(flags.get(name) ?? []), taken]);
  }
  return flags;
}

/** The last value of a flag. */
export function flagOf(flags: Flags, name: string): string | undefined {
  return flags.get(name)?.at(-1);
}

/** The flags that will have no effect although whoever set them may think so. */
export function ignoredFlags(flags: Flags, known: readonly string[]): readonly string[] {
  return [...flags.keys()].filter((name) => !known.includes(name) && !HARMLESS.test(name));
}
