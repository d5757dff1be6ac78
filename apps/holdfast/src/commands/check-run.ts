// What `holdfast check` does: load, check, print, and say by the exit status how it went.
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { check, type CheckResult, loadCluster, loadPaths, type Loaded, RULES, SEVERITIES, toJson, toText } from '@holdfast/advise';
import type { Environment } from '../environment.ts';
import type { CheckOptions } from './check-options.ts';

/** Exit status: 0 nothing at or above --fail-on, 1 findings, 2 something could not be checked. */
export async function runCheck({ stdout, stderr }: Environment, paths: readonly string[], options: CheckOptions): Promise<number> {
  const refuse = (sentence: string): number => {
    stderr.write(`holdfast: ${sentence}\n`);
    return 2;
  };
  if (options.list) {
    for (const { id, severity, title } of RULES) stdout.write(`${id}  ${severity}  ${title}\n`);
    return 0;
  }
  if (options.explain !== undefined) {
    const rule = RULES.find(({ id }) => id === options.explain);
    if (!rule) return refuse(`there is no rule ${options.explain}; holdfast check --list names all`);
    stdout.write(`${rule.id} (${rule.severity}): ${rule.title}\n\n${rule.about}\n`);
    return 0;
  }
  if (paths.length === 0 && options.context === undefined)
    return refuse('name files or folders to check, - for standard input, or a cluster with --context');
  if (paths.length > 0 && options.context !== undefined) return refuse('check either paths or --context, not both');
  let loaded: Loaded;
  try {
    loaded =
      options.context === undefined
        ? await loadPaths(paths, async () => text(process.stdin))
        : await cluster(options.context, options.kubeconfig);
  } catch (error) {
    return refuse(`the cluster could not be checked: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = check(loaded);
  stdout.write(options.json ? `${JSON.stringify(toJson(result), null, 2)}\n` : toText(result, lineReader()));
  return exitStatus(result, options.failOn);
}

/** Not being able to check weighs more than findings: a gate must not take half a check for a whole one. */
function exitStatus({ findings, loaded, notRun }: CheckResult, failOn: CheckOptions['failOn']): number {
  if (loaded.problems.length > 0 || notRun.length > 0 || loaded.objects.length === 0) return 2;
  if (failOn === 'never') return 0;
  return findings.some(({ severity }) => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn)) ? 1 : 0;
}

async function cluster(context: string, kubeconfig: string | undefined): Promise<Loaded> {
  const { clientFromKubeconfig } = await import('@holdfast/client');
  return loadCluster(await clientFromKubeconfig(kubeconfig, context), context);
}

/** Lines of the files, each file read once; none of what is no file. */
function lineReader(): (file: string, line: number) => string | undefined {
  const files = new Map<string, readonly string[]>();
  return (file, line) => {
    if (file === '<stdin>' || file.startsWith('context/')) return undefined;
    let lines = files.get(file);
    if (!lines) {
      lines = readFileSync(file, 'utf8').split(/\r?\n/);
      files.set(file, lines);
    }
    return lines[line - 1];
  };
}
