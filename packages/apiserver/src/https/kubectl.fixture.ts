// Real kubectl programs against a surface.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeconfigText, writeKubeconfig } from '../pki/index.ts';
import { startSurface, type Surface, type SurfaceOptions } from './surface.fixture.ts';

/** How a kubectl ended. */
export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A surface and a kubectl that is set up for it. */
export interface Driver extends AsyncDisposable {
  readonly surface: Surface;
  /** A home folder of its own; removed in the end. */
  readonly folder: string;
  /** Starts a kubectl that runs until it is killed. */
  start(args: readonly string[]): ChildProcess;
  kubectl(args: readonly string[], input?: string): Promise<Result>;
}

/** Starts a surface; `program` is the kubectl to use. */
export async function drive(options: SurfaceOptions, program = 'kubectl'): Promise<Driver> {
  const surface = await startSurface(options);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-kubectl-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeKubeconfig(kubeconfig, kubeconfigText({ name: 'test', server: `https://127.0.0.1:${surface.port}`, pki: surface.pki }));
  const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: folder };
  return {
    surface,
    folder,
    start: (args) => spawn(program, args, { env, cwd: folder, stdio: 'pipe' }),
    kubectl: (args, input) =>
      new Promise((resolve) => {
        const child = spawn(program, args, { env, cwd: folder, stdio: 'pipe' });
        let [stdout, stderr] = ['', ''];
        child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
        child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
        child.on('close', (code) => resolve({ code, stdout, stderr }));
        child.stdin.end(input ?? '');
      }),
    [Symbol.asyncDispose]: async () => {
      await surface.listener.close();
      rmSync(folder, { recursive: true });
    },
  };
}
