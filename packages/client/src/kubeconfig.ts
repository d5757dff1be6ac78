// kubectl's configuration files: which cluster, who to be, which namespace.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { isRecord } from '@holdfast/schema';
import { parse } from 'yaml';
import type { Client } from './client.ts';
import { type ClientOptions, createClient } from './create-client.ts';
import type { ClusterAccess } from './https/access.ts';
import { type CredentialPlugin, PLUGIN_API_VERSIONS } from './https/credential-plugin.ts';
import { httpsTransport } from './https/transport.ts';

/** What a context of a kubeconfig says. */
export interface KubeconfigAccess extends ClusterAccess {
  readonly context: string;
  /** 'default' when the context names none. */
  readonly namespace: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** An entry with the folder that its relative paths start from. */
interface Entry {
  readonly fields: Fields;
  readonly folder: string;
}

interface Merged {
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
  readonly contexts: ReadonlyMap<string, Entry>;
}

/** Ways to identify oneself that are not supported. */
const REFUSED_USER_FIELDS: Readonly<Record<string, string>> = {
  'auth-provider': 'an auth-provider',
  username: 'a user name and password',
  as: 'impersonation (as)',
};

/** The files that kubectl would read: $KUBECONFIG as a list, else ~/.kube/config. */
export function kubeconfigPaths(env: Readonly<Record<string, string | undefined>> = process.env, home = homedir()): readonly string[] {
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  return listed.length > 0 ? listed : [join(home, '.kube', 'config')];
}

/**
 * Reads one kubeconfig or merges several (the first file to name something wins, files that are not there are passed over).
 * Default: the files that kubectl would read and their current context. Throws with the remedy when it cannot be used.
 */
export async function loadKubeconfig(path: string | readonly string[] = kubeconfigPaths(), context?: string): Promise<KubeconfigAccess> {
  const paths = typeof path === 'string' ? [path] : path;
  const merged = merge(await readAll(paths));
  const name = context ?? merged.currentContext;
  if (!name) throw new Error(`no current-context in ${paths.join(', ')}: name a context, or run kubectl config use-context`);
  const chosen = entryOf(merged.contexts, 'context', name).fields;
  const cluster = entryOf(merged.clusters, 'cluster', text(chosen.cluster, `context "${name}": cluster`));
  const user = typeof chosen.user === 'string' && chosen.user !== '' ? entryOf(merged.users, 'user', chosen.user) : undefined;
  return {
    context: name,
    namespace: typeof chosen.namespace === 'string' && chosen.namespace !== '' ? chosen.namespace : 'default',
    ...(await clusterAccess(cluster)),
    ...(user ? await userAccess(user, String(chosen.user), cluster) : {}),
  };
}

/** A client for a context of a kubeconfig; defaults as loadKubeconfig. */
export async function clientFromKubeconfig(path?: string | readonly string[], context?: string, options?: ClientOptions): Promise<Client> {
  return createClient(httpsTransport(await loadKubeconfig(path, context)), options);
}

async function readAll(paths: readonly string[]): Promise<readonly { readonly file: string; readonly fields: Fields }[]> {
  const files: { readonly file: string; readonly fields: Fields }[] = [];
  for (const file of paths) {
    const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && paths.length > 1) return undefined;
      throw new Error(`cannot read the kubeconfig ${file}: ${error.message}`, { cause: error });
    });
    if (content === undefined) continue;
    const fields: unknown = parse(content) ?? {};
    if (!isRecord(fields)) throw new Error(`${file} is not a kubeconfig: it does not hold a mapping`);
    files.push({ file, fields });
  }
  return files;
}

function merge(files: readonly { readonly file: string; readonly fields: Fields }[]): Merged {
  const named = (list: string, key: string): ReadonlyMap<string, Entry> => {
    const entries = new Map<string, Entry>();
    for (const { file, fields } of files) {
      for (const item of Array.isArray(fields[list]) ? (fields[list] as readonly unknown[]) : []) {
        if (!isRecord(item) || typeof item.name !== 'string' || entries.has(item.name)) continue;
        entries.set(item.name, { fields: isRecord(item[key]) ? item[key] : {}, folder: dirname(resolve(file)) });
      }
    }
    return entries;
  };
  const current = files.map(({ fields }) => fields['current-context']).find((value) => typeof value === 'string' && value !== '');
  return {
    currentContext: typeof current === 'string' ? current : undefined,
    clusters: named('clusters', 'cluster'),
    users: named('users', 'user'),
    contexts: named('contexts', 'context'),
  };
}

async function clusterAccess(entry: Entry): Promise<ClusterAccess> {
  const { fields } = entry;
  if (fields['proxy-url']) throw new Error('the cluster is reached through proxy-url, which is not supported');
  return {
    server: text(fields.server, 'cluster: server'),
    ca: await pem(entry, 'certificate-authority'),
    insecureSkipTlsVerify: fields['insecure-skip-tls-verify'] === true,
    ...(typeof fields['tls-server-name'] === 'string' ? { tlsServerName: fields['tls-server-name'] } : {}),
  };
}

async function userAccess(entry: Entry, name: string, cluster: Entry): Promise<Omit<ClusterAccess, 'server'>> {
  const { fields } = entry;
  for (const [field, what] of Object.entries(REFUSED_USER_FIELDS)) {
    if (fields[field])
      throw new Error(`user "${name}" identifies itself by ${what}, which is not supported: use a token or a client certificate`);
  }
  if (isRecord(fields.exec)) return { plugin: pluginOf(fields.exec, name, entry.folder, cluster) };
  return {
    cert: await pem(entry, 'client-certificate'),
    key: await pem(entry, 'client-key'),
    ...(typeof fields.token === 'string' ? { token: fields.token } : {}),
    ...(typeof fields.tokenFile === 'string' ? { tokenFile: resolve(entry.folder, fields.tokenFile) } : {}),
  };
}

function pluginOf(exec: Fields, user: string, folder: string, cluster: Entry): CredentialPlugin {
  const of = `user "${user}": exec`;
  const apiVersion = text(exec.apiVersion, `${of}.apiVersion`);
  if (!PLUGIN_API_VERSIONS.includes(apiVersion))
    throw new Error(
      `${of}.apiVersion is ${JSON.stringify(apiVersion)}, which is not supported: write one of ${PLUGIN_API_VERSIONS.join(', ')}`,
    );
  if (exec.interactiveMode === 'Always')
    throw new Error(`${of}.interactiveMode is "Always": the plugin would ask questions, and nobody is there to answer: use another user`);
  const args = Array.isArray(exec.args) ? (exec.args as readonly unknown[]) : [];
  const env = Array.isArray(exec.env) ? (exec.env as readonly unknown[]).filter(isRecord) : [];
  return {
    user,
    command: text(exec.command, `${of}.command`),
    args: args.map(String),
    env: Object.fromEntries(env.map(({ name, value }) => [String(name), String(value)])),
    apiVersion,
    folder,
    ...(typeof exec.installHint === 'string' ? { installHint: exec.installHint } : {}),
    ...(exec.provideClusterInfo === true ? { cluster: clusterInfo(cluster.fields) } : {}),
  };
}

/** The cluster as a plugin is told of it: the kubeconfig's fields, and the extension that is meant for plugins as `config`. */
function clusterInfo(fields: Fields): Fields {
  const { extensions, ...told } = fields;
  const meant = (Array.isArray(extensions) ? (extensions as readonly unknown[]) : []).find(
    (extension) => isRecord(extension) && extension.name === 'client.authentication.k8s.io/exec',
  );
  return { ...told, ...(isRecord(meant) ? { config: meant.extension } : {}) };
}

/** A PEM text: inline in base64 (`<name>-data`, which wins) or from a file. */
async function pem({ fields, folder }: Entry, name: string): Promise<string | undefined> {
  const inline = fields[`${name}-data`];
  if (typeof inline === 'string' && inline !== '') return Buffer.from(inline, 'base64').toString('utf8');
  const file = fields[name];
  if (typeof file !== 'string' || file === '') return undefined;
  return readFile(resolve(folder, file), 'utf8').catch((error: Error) => {
    throw new Error(`cannot read ${name} of the kubeconfig: ${error.message}`, { cause: error });
  });
}

function entryOf(entries: ReadonlyMap<string, Entry>, what: string, name: string): Entry {
  const entry = entries.get(name);
  if (!entry) throw new Error(`${what} "${name}" does not exist in the kubeconfig; it has: ${[...entries.keys()].join(', ') || 'none'}`);
  return entry;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`the kubeconfig lacks ${what}`);
  return value;
}
