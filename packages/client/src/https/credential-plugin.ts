// Credential plugins: programs that a kubeconfig names under `exec`, which say who one is (client.authentication.k8s.io).
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { isRecord } from '@holdfast/schema';

/** What the kubeconfig says of the program, and for whom. */
export interface CredentialPlugin {
  /** The user's name in the kubeconfig, for what is said to people. */
  readonly user: string;
  /** Looked up on PATH; with a slash in it, from `folder`. */
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** client.authentication.k8s.io/v1 or v1beta1. */
  readonly apiVersion: string;
  readonly installHint?: string | undefined;
  /** What the program is told of the cluster, where the kubeconfig wants it to be told (`provideClusterInfo`). */
  readonly cluster?: Readonly<Record<string, unknown>> | undefined;
  /** The kubeconfig's. */
  readonly folder: string;
}

/** Who one is, until `untilMs` (epoch) at the most. */
export interface PluginCredentials {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly untilMs?: number;
}

/** The versions of the protocol that there are. */
export const PLUGIN_API_VERSIONS: readonly string[] = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** Runs the program once. Rejects with a sentence that names the user and the program; what it printed to stderr is in it, never what it printed to stdout. */
export async function runPlugin(plugin: CredentialPlugin): Promise<PluginCredentials> {
  const stdout = await output(plugin);
  const said = credentialOf(stdout);
  const fail = (problem: string): Error =>
    new Error(`user "${plugin.user}": the credential plugin ${plugin.command} ${problem}: run it by hand to see what it says`);
  if (!said || said['kind'] !== 'ExecCredential') throw fail('did not print an ExecCredential');
  if (said['apiVersion'] !== plugin.apiVersion)
    throw fail(`answered with apiVersion ${JSON.stringify(said['apiVersion'])} where the kubeconfig asks for ${plugin.apiVersion}`);
  const status = isRecord(said['status']) ? said['status'] : {};
  const token = textOf(status['token']);
  const [cert, key] = [textOf(status['clientCertificateData']), textOf(status['clientKeyData'])];
  if ((cert === undefined) !== (key === undefined)) throw fail('gave a certificate or a key without the other');
  if (token === undefined && cert === undefined) throw fail('gave neither a token nor a certificate');
  const untilMs = Date.parse(textOf(status['expirationTimestamp']) ?? '');
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(Number.isNaN(untilMs) ? {} : { untilMs }),
  };
}

/** What the program printed to stdout. */
function output(plugin: CredentialPlugin): Promise<string> {
  const { command, args, env, apiVersion, cluster, folder, user, installHint } = plugin;
  const asked = { kind: 'ExecCredential', apiVersion, spec: { interactive: false, ...(cluster ? { cluster } : {}) } };
  return new Promise((done, reject) => {
    const child = spawn(command.includes('/') ? resolve(folder, command) : command, [...args], {
      env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: JSON.stringify(asked) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', (cause) => {
      const hint = installHint ? `: ${installHint.trim()}` : ': install it, or use a token or a client certificate';
      reject(new Error(`user "${user}": the credential plugin ${command} could not be started (${cause.message})${hint}`, { cause }));
    });
    child.once('close', (code, signal) => {
      if (code === 0) return done(Buffer.concat(stdout).toString());
      const said = Buffer.concat(stderr).toString().trim();
      reject(
        new Error(`user "${user}": the credential plugin ${command} failed (${signal ?? `exit status ${code}`})${said ? `: ${said}` : ''}`),
      );
    });
  });
}

function credentialOf(stdout: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(stdout);
    return isRecord(value) ? value : undefined;
  } catch {
    // Said by the caller, without the text: there may be a token in it.
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
