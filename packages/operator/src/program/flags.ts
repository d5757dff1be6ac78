// The command line of upstream's operator, as Go programs take it: -flag or --flag, =value or the next word.

/** What the program was told on its command line. */
export interface Flags {
  readonly metricsAddr: string;
  readonly healthAddr: string;
  readonly leaderElectionId: string;
  readonly enableLeaderElection: boolean;
  readonly kubeconfig: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Flags that are accepted and mean nothing here yet, with whether they take a value. */
const ACCEPTED: Readonly<Record<string, boolean>> = { 'skip-webhook-config': false, 'feature-gates': true };
const BOOLEANS = new Set(['enable-leader-election', 'skip-webhook-config', 'zap-devel']);
const KNOWN = new Set([
  'metrics-addr',
  'health-addr',
  'leader-election-id',
  'enable-leader-election',
  'kubeconfig',
  ...Object.keys(ACCEPTED),
]);

/** Throws for a flag that is not known, naming those that are. */
export function parseFlags(args: readonly string[]): Flags {
  const values = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/.exec(word);
    if (!match) throw new Error(`unexpected argument ${JSON.stringify(word)}`);
    const name = match[1] ?? '';
    if (!KNOWN.has(name) && !name.startsWith('zap-'))
      throw new Error(`flag provided but not defined: -${name}; known flags: ${[...KNOWN].toSorted().join(', ')}`);
    const value = match[2] ?? (BOOLEANS.has(name) ? 'true' : args[++at]);
    if (value === undefined) throw new Error(`flag needs an argument: -${name}`);
    values.set(name, value);
  }
  return {
    metricsAddr: values.get('metrics-addr') ?? ':8080',
    healthAddr: values.get('health-addr') ?? ':8081',
    leaderElectionId: values.get('leader-election-id') ?? 'crdb-operator.cockroachlabs.com',
    enableLeaderElection: isTrue(values.get('enable-leader-election'), 'enable-leader-election'),
    kubeconfig: values.get('kubeconfig'),
    logLevel: levelOf(values.get('zap-log-level')),
  };
}

function isTrue(value: string | undefined, name: string): boolean {
  if (value === undefined) return false;
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw new Error(`invalid boolean value ${JSON.stringify(value)} for -${name}`);
}

/** zap takes names, and numbers above 0 for more detail. */
function levelOf(value: string | undefined): Flags['logLevel'] {
  if (value === undefined) return 'info';
  if (value === 'debug' || Number(value) > 0) return 'debug';
  if (value === 'error' || value === 'warn') return value;
  if (value === 'info' || value === '0') return 'info';
  throw new Error(`invalid value ${JSON.stringify(value)} for -zap-log-level: use debug, info, warn or error`);
}
