// What `holdfast controllers`, `scheduler` and `agent` do: run until a signal, logging to stdout.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism, hostname, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { loadKubeconfig, type RateLimit } from '@holdfast/client';
import { processRuntime } from '@holdfast/agent';
import { createPinoLogger } from '@holdfast/controller';
import { bundlesIn, LabError } from '@holdfast/lab';
import { type KubeletOptions, type ProgramOptions, runAgent, runControllers, runScheduler } from '@holdfast/lab/programs';
import { systemRandom } from '@holdfast/clock';
import type { Environment } from '../environment.ts';
import type { AgentFlags, ComponentFlags } from './component-flags.ts';
import { podRange } from './pod-range.ts';

const POD_LIMIT = 110;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export async function controllersRun(environment: Environment, flags: ComponentFlags): Promise<void> {
  await runControllers(await optionsOf(environment, flags), untilSignal());
}

export async function schedulerRun(environment: Environment, flags: ComponentFlags): Promise<void> {
  await runScheduler(await optionsOf(environment, flags), untilSignal());
}

export async function agentRun(environment: Environment, flags: AgentFlags): Promise<void> {
  const kubelet = kubeletOf(flags);
  const bundles = [...(flags.bundle ?? []).map((folder) => resolve(folder)), ...bundlesIn(join(environment.programFolder, 'bundles'))];
  const node = {
    nodeName: flags.nodeName,
    nodeIp: addressOf(flags.nodeIp),
    podCidr: await podRange(flags.podCidr),
    capacity: { cpu: availableParallelism(), memory: totalmem(), pods: POD_LIMIT },
    runtime: processRuntime({ bundles }),
    stateDir: resolve(flags.stateDir),
    dns: dnsOf(flags.clusterDns),
  };
  await runAgent(await optionsOf(environment, flags), node, kubelet, untilSignal());
}

function kubeletOf({ address, port, clientCaFile, tlsCertFile, tlsPrivateKeyFile }: AgentFlags): KubeletOptions {
  if ((tlsCertFile === undefined) !== (tlsPrivateKeyFile === undefined))
    throw new LabError('--tls-cert-file and --tls-private-key-file belong together: give both or none');
  const given = tlsCertFile !== undefined && tlsPrivateKeyFile !== undefined;
  return {
    address,
    port: port === undefined ? undefined : portOf(port),
    clientCa: clientCaFile === undefined ? undefined : read('--client-ca-file', clientCaFile),
    serving: given
      ? { certificate: read('--tls-cert-file', tlsCertFile), key: read('--tls-private-key-file', tlsPrivateKeyFile) }
      : undefined,
  };
}

function addressOf(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new LabError(`--node-ip: ${JSON.stringify(text)} is no IP address`);
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new LabError(`--port: ${JSON.stringify(text)} is no port`);
}

function read(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new LabError(`${flag}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function optionsOf({ clock, stdout }: Environment, flags: ComponentFlags): Promise<ProgramOptions> {
  const { kubeconfig, logLevel } = flags;
  const level = LEVELS.find((one) => one === logLevel);
  if (!level) throw new LabError(`--log-level: there is no level ${JSON.stringify(logLevel)}: use ${LEVELS.join(', ')}`);
  const rateLimit = rateLimitOf(flags);
  const access = await loadKubeconfig(kubeconfig);
  return { access, clock, random: systemRandom(), log: createPinoLogger(stdout, level), hostname: hostname(), rateLimit };
}

/** undefined: no limit. */
function rateLimitOf({ kubeApiQps, kubeApiBurst }: ComponentFlags): RateLimit | undefined {
  const qps = Number(kubeApiQps);
  const burst = Number(kubeApiBurst);
  if (qps !== -1 && !(qps > 0 && Number.isFinite(qps)))
    throw new LabError(`--kube-api-qps: ${JSON.stringify(kubeApiQps)} is neither a number above 0 nor -1, which is no limit`);
  if (!(Number.isSafeInteger(burst) && burst > 0))
    throw new LabError(`--kube-api-burst: ${JSON.stringify(kubeApiBurst)} is not a whole number above 0`);
  return qps === -1 ? undefined : { qps, burst };
}

/** Aborts at SIGTERM or SIGINT; a second one ends the process at once. */
function untilSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  return stopping.signal;
}

function dnsOf(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (host !== undefined && port !== undefined) return { host, port: Number(port) };
  throw new LabError(`--cluster-dns: ${JSON.stringify(text)} is not of the form host:port`);
}
