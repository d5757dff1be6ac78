// What --against names: a folder or file, a revision of git, or the context of a cluster.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { ConfigError, loadCluster, loadPaths, loadTexts, type Loaded, MANIFEST } from '@holdfast/advise';

const run = promisify(execFile);
/** Of all files of a revision together. */
const MOST_BYTES = 512 * 1024 * 1024;

/**
 * Loads it. A name that is several things at once is taken for a path, then for a revision, then for a context.
 * Throws ConfigError for what is none of them.
 */
export async function loadAgainst(against: string, paths: readonly string[], kubeconfig: string | undefined): Promise<Loaded> {
  if (existsSync(against)) return loadPaths([against], async () => '');
  const commit = await git('rev-parse', '--verify', '--quiet', `${against}^{commit}`);
  if (commit !== undefined) return loadRevision(commit.trim(), paths);
  const { clientFromKubeconfig } = await import('@holdfast/client');
  try {
    return await loadCluster(await clientFromKubeconfig(kubeconfig, against), against);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`--against ${against} is no path, no revision of this repository, and as a context: ${why}`, { cause: error });
  }
}

/** The same paths as they were. */
async function loadRevision(commit: string, paths: readonly string[]): Promise<Loaded> {
  const listed = await git('ls-tree', '-r', '-z', '--name-only', commit, '--', ...paths.filter((path) => path !== '-'));
  if (listed === undefined)
    throw new ConfigError(`git does not list ${paths.join(', ')} at ${commit.slice(0, 12)}: name paths inside the repository`);
  const files = listed.split('\0').filter((file) => MANIFEST.test(file));
  const texts: { file: string; text: string }[] = [];
  for (const file of files) {
    const text = await git('show', `${commit}:./${file}`);
    if (text === undefined) throw new ConfigError(`git cannot show ${file} at ${commit.slice(0, 12)}`);
    texts.push({ file: `${commit.slice(0, 12)}:${file}`, text });
  }
  return loadTexts(texts);
}

/** undefined when git says no, or is not there. */
async function git(...args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run('git', args, { maxBuffer: MOST_BYTES });
    return stdout;
  } catch {
    return undefined;
  }
}
