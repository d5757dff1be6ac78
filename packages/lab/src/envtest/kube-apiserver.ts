// An API server that starts as envtest starts kube-apiserver: state in memory, no controllers, client certificates.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiServer, createApiServer, createPki, httpsWebhookCaller, type Pki, serveHttps } from '@holdfast/apiserver';
import type { Clock, Random } from '@holdfast/clock';
import { type Flags, flagOf, ignoredFlags, parseGoFlags } from './flags.ts';

const KNOWN = [
  'bind-address',
  'secure-port',
  'cert-dir',
  'tls-cert-file',
  'tls-private-key-file',
  'client-ca-file',
  'service-account-issuer',
  'service-account-signing-key-file',
  'service-cluster-ip-range',
  'disable-admission-plugins',
];

export interface EnvtestContext {
  readonly clock: Clock;
  readonly random: Random;
  /** Warnings and bugs, one line each. */
  readonly say: (line: string) => void;
}

/** A server that runs until it is closed. */
export interface EnvtestServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Resolves when /healthz answers. Rejects with what is wrong with a flag. */
export async function runKubeApiServer(args: readonly string[], { clock, random, say }: EnvtestContext): Promise<EnvtestServer> {
  const flags = parseGoFlags(args);
  for (const name of ignoredFlags(flags, KNOWN)) say(`Warning: --${name} has no effect on this API server`);
  const host = flagOf(flags, 'bind-address') ?? '127.0.0.1';
  const port = portOf(flags);
  const pki = await createPki({ clock, random });
  const { serving, clientCa } = certificates(flags, pki);
  const serviceAccountKey = fileOf(flags, 'service-account-signing-key-file') ?? pki.serviceAccountKey;
  const webhooks = httpsWebhookCaller();
  let server: ApiServer | undefined;
  // The port must be known before the server is made, since its `kubernetes` Service names it.
  const listener = await serveHttps({ server: () => server, host, port, pki: { caCertificate: clientCa, serving }, clock });
  const running = createApiServer({
    clock,
    random,
    nodes: () => undefined,
    serviceCidr: flagOf(flags, 'service-cluster-ip-range') ?? '10.0.0.0/24',
    advertise: { host, port: listener.port },
    caCertificate: clientCa,
    serviceAccountKey,
    callWebhook: webhooks.call,
    disabledAdmission: (flags.get('disable-admission-plugins') ?? []).flatMap((names) => names.split(',')),
    ...issuerOf(flags),
    onBug: (error, request) =>
      say(`${request.method} ${request.path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  });
  server = running;
  return {
    port: listener.port,
    close: async () => {
      await running.close();
      webhooks.close();
      await listener.close();
    },
  };
}

function certificates(flags: Flags, pki: Pki): { readonly serving: Pki['serving']; readonly clientCa: string } {
  const clientCa = fileOf(flags, 'client-ca-file') ?? pki.caCertificate;
  const certificate = fileOf(flags, 'tls-cert-file');
  const key = fileOf(flags, 'tls-private-key-file');
  if (certificate !== undefined && key !== undefined) return { serving: { certificate, key }, clientCa };
  const folder = flagOf(flags, 'cert-dir');
  if (folder === undefined) return { serving: pki.serving, clientCa };
  const [certificateFile, keyFile] = [join(folder, 'apiserver.crt'), join(folder, 'apiserver.key')];
  if (existsSync(certificateFile) && existsSync(keyFile))
    return { serving: { certificate: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }, clientCa };
  // As kube-apiserver does: what it made for itself is left where others find it.
  mkdirSync(folder, { recursive: true });
  writeFileSync(certificateFile, pki.serving.certificate + pki.caCertificate);
  writeFileSync(keyFile, pki.serving.key, { mode: 0o600 });
  return { serving: pki.serving, clientCa };
}

function portOf(flags: Flags): number {
  const text = flagOf(flags, 'secure-port') ?? '6443';
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--secure-port must be a port number, and ${JSON.stringify(text)} is none`);
  return port;
}

function issuerOf(flags: Flags): { readonly serviceAccountIssuer?: string } {
  const issuer = flags.get('service-account-issuer')?.[0];
  return issuer === undefined ? {} : { serviceAccountIssuer: issuer };
}

function fileOf(flags: Flags, name: string): string | undefined {
  const path = flagOf(flags, name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`--${name}: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
