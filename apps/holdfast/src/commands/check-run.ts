// What `holdfast check` does: load, check, print, and say by the exit status how it went.
import { readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  CHANGE_RULES,
  check,
  checkChanges,
  type CheckResult,
  ConfigError,
  type Finding,
  globMatcher,
  loadCluster,
  loadPaths,
  type Loaded,
  RULES,
  SEVERITIES,
  STDIN,
  toPage,
} from '@holdfast/advise';
import type { Environment } from '../environment.ts';
import type { CheckOptions } from './check-options.ts';
import { writeReports } from './check-reports.ts';
import { checkSettings, type FullSettings } from './check-settings.ts';

/** Exit status: 0 nothing at or above --fail-on, 1 findings, 2 something could not be checked. */
export async function runCheck(environment: Environment, given: readonly string[], options: CheckOptions): Promise<number> {
  const paths = given.map(asSeenFromHere);
  const { stdout, stderr } = environment;
  const refuse = (sentence: string): number => {
    stderr.write(`holdfast: ${sentence}\n`);
    return 2;
  };
  if (options.list) {
    for (const { id, severity, title } of [...RULES, ...CHANGE_RULES]) stdout.write(`${id}  ${severity}  ${title}\n`);
    return 0;
  }
  if (options.explain !== undefined) {
    const rule = [...RULES, ...CHANGE_RULES].find(({ id }) => id === options.explain);
    if (!rule) return refuse(`there is no rule ${options.explain}; holdfast check --list names all`);
    stdout.write(toPage(rule));
    return 0;
  }
  // Asked for without a name, the cluster is that of the current context.
  const live = options.context !== undefined || (options.kubeconfig !== undefined && paths.length === 0);
  if (paths.length === 0 && !live) return refuse('name files or folders to check, - for standard input, or a cluster with --context');
  if (options.write && !options.fix) return refuse('--write goes with --fix');
  if (options.fix && (live || paths.includes('-'))) return refuse('--fix mends files: name them');
  if (paths.length > 0 && live) return refuse('check either paths or --context, not both');
  let settings: FullSettings;
  let loaded: Loaded;
  let changes: readonly Finding[] = [];
  try {
    settings = await checkSettings(environment, options);
    const excluded = settings.config.exclude.map(globMatcher);
    const isExcluded = (file: string): boolean => excluded.some((matches) => matches(file.replaceAll('\\', '/')));
    loaded = live ? await cluster(options) : await loadPaths(paths, async () => text(process.stdin), isExcluded);
    if (options.against !== undefined) {
      const { loadAgainst } = await import('./check-against.ts');
      const before = await loadAgainst(options.against, paths, options.kubeconfig);
      changes = checkChanges(before, loaded, { config: settings.config });
      loaded = { ...loaded, problems: [...loaded.problems, ...before.problems] };
    }
  } catch (error) {
    if (error instanceof ConfigError) return refuse(error.message);
    return refuse(`the cluster could not be checked: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = check(loaded, { ...settings, changes });
  if (options.fix) {
    const { fix } = await import('./check-fix.ts');
    return exitStatus(fix(environment, result, options.write === true), options);
  }
  await writeReports(environment, result, { ...options, rules: settings.rules, changeRules: CHANGE_RULES, lineOf: lineReader() });
  return exitStatus(result, options);
}

/** Paths below the current folder relative to it, as reports and patches for a repository name them; others as they are. */
function asSeenFromHere(path: string): string {
  if (path === STDIN) return path;
  const seen = relative('', path) || '.';
  return seen.startsWith('..') || isAbsolute(seen) ? path : seen;
}

/** Not being able to check weighs more than findings: a gate must not take half a check for a whole one. */
function exitStatus({ findings, loaded, notRun }: CheckResult, { failOn, writeBaseline }: CheckOptions): number {
  if (loaded.problems.length > 0 || notRun.length > 0 || loaded.objects.length === 0) return 2;
  if (failOn === 'never' || writeBaseline !== undefined) return 0;
  return findings.some(({ severity }) => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn)) ? 1 : 0;
}

async function cluster({ context, kubeconfig }: CheckOptions): Promise<Loaded> {
  const { clientFromKubeconfig } = await import('@holdfast/client');
  return loadCluster(await clientFromKubeconfig(kubeconfig, context), context ?? 'current');
}

/** Lines of the files, each file read once; none of what is no file. */
function lineReader(): (file: string, line: number) => string | undefined {
  const files = new Map<string, readonly string[]>();
  return (file, line) => {
    if (file === '<stdin>' || file.startsWith('context/')) return undefined;
    let lines = files.get(file);
    if (!lines) {
      lines = linesOf(file);
      files.set(file, lines);
    }
    return lines[line - 1];
  };
}

/** Of what is no file any more, such as one of an old revision: none. */
function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  } catch {
    return [];
  }
}
