// Starts labs through the built command, as a user would, and drives them with the user's own kubectl.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The exercise's input files, as a user brings them. */
export const inputs = join(root, 'tests', 'e2e', 'inputs');
export const program = join(root, 'dist', 'holdfast.mjs');

/** A user and group of the machine by number. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** What a command printed and how it ended. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** The user to run as; only root may choose. */
  readonly user?: User;
  readonly timeoutMs?: number;
}

/** Runs a program to its end. */
export function run(
  command: string,
  args: readonly string[],
  { env = {}, input, user, timeoutMs = 120_000 }: RunOptions = {},
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: 'pipe',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...user,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString(), code: code ?? -1 }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

/** A folder for labs that goes with the test. */
export interface Home extends AsyncDisposable {
  readonly path: string;
  /** Runs `holdfast` with this folder as its home. */
  holdfast(args: readonly string[], options?: RunOptions): Promise<Output>;
}

export function makeHome(): Home {
  if (!existsSync(program)) throw new Error('dist/ is missing: run `npm run build` first (npm test does)');
  const path = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'));
  const holdfast = (args: readonly string[], options: RunOptions = {}): Promise<Output> =>
    run(process.execPath, [program, ...args], { ...options, env: { HOLDFAST_HOME: path, NO_COLOR: '1', ...options.env } });
  return {
    path,
    holdfast,
    [Symbol.asyncDispose]: async () => {
      const ended = await holdfast(['lab', 'down', '--all']);
      rmSync(path, { recursive: true, force: true });
      if (ended.code !== 0) throw new Error(`labs could not be ended: ${ended.stderr}`);
    },
  };
}

/** A lab that runs. */
export interface TestLab extends AsyncDisposable {
  readonly name: string;
  readonly home: Home;
  readonly kubeconfig: string;
  /** Runs kubectl against the lab; rejects with what it printed when it fails. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** The same, whatever its exit status. */
  tryKubectl(args: readonly string[], options?: RunOptions): Promise<Output>;
}

/** Starts a lab called `name`, from a kind configuration where given. */
export async function startLab(
  name: string,
  options: { readonly config?: string; readonly bundle?: string; readonly without?: string; readonly home?: Home } = {},
): Promise<TestLab> {
  const home = options.home ?? makeHome();
  const chosen = (['config', 'bundle', 'without'] as const).flatMap((option) => (options[option] ? [`--${option}`, options[option]] : []));
  const started = await home.holdfast(['lab', 'up', '--name', name, ...chosen]);
  if (started.code !== 0) throw new Error(`lab up failed: ${started.stderr}`);
  const kubeconfig = join(home.path, 'labs', name, 'kubeconfig');
  const tryKubectl = (args: readonly string[], runOptions: RunOptions = {}): Promise<Output> =>
    run('kubectl', args, { ...runOptions, env: { KUBECONFIG: kubeconfig, HOME: home.path } });
  return {
    name,
    home,
    kubeconfig,
    tryKubectl,
    kubectl: async (...args) => {
      const output = await tryKubectl(args);
      if (output.code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${output.code}: ${output.stderr}${output.stdout}`);
      return output.stdout;
    },
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

/** Writes a bundle for the image `test/shell`, which has nothing but the machine's own shell; returns its folder. */
export function shellBundle(parent: string): string {
  const folder = join(parent, 'shell-bundle');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'bundle.json'), JSON.stringify({ images: ['test/shell'], understudy: false, describe: 'a shell' }));
  return folder;
}

/** The text of an input file. */
export function input(file: string): string {
  return readFileSync(join(inputs, file), 'utf8');
}

/** Whether a program is on the machine; prints the reason why tests are skipped when it is not. */
export function has(command: string, args: readonly string[], without: string): boolean {
  const found = spawnSync(command, [...args], { stdio: 'ignore' }).status === 0;
  if (!found) console.warn(`skipped: ${command} is not on this machine: ${without}`);
  return found;
}

export const hasKubectl = (): boolean => has('kubectl', ['version', '--client'], 'what a user types is not tested');

/** Who a test without rights runs as: the user at hand, or nobody where that is root; undefined, with a printed reason, where nobody cannot run the program. */
export function unprivileged(): User | undefined {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const nobody = { uid: 65_534, gid: 65_534 };
  if (spawnSync(process.execPath, [program, '--version'], { stdio: 'ignore', ...nobody }).status === 0) return nobody;
  console.warn(`skipped: user nobody cannot run ${program}: a lab without root is not tested`);
  return undefined;
}
