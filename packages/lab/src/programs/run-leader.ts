// The parts of a control plane of which one replica works at a time: controllers and scheduler, each as a program of its own.
import { type Client, type ClusterAccess, createClient, httpsTransport, type RateLimit, underLimit } from '@holdfast/client';
import { type Clock, type Random, uuid } from '@holdfast/clock';
import { type ComponentFactory, createManager, leadWhileHolding, type Logger } from '@holdfast/controller';
import { scheduler } from '@holdfast/scheduler';
import { controlPlaneComponents } from '../cluster/components.ts';
import { actingAs } from '../cluster/identities.ts';
import { LabError } from '../state/lab-error.ts';
import { serviceAccountClients } from './service-account-clients.ts';

const LEASE_NAMESPACE = 'kube-system';

/** What a program is given by its process. */
export interface ProgramOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** First part of the identity in the Lease: the machine's name. */
  readonly hostname: string;
  /** Of each of its clients: a controller's, the caches'. Default: none. */
  readonly rateLimit?: RateLimit | undefined;
}

/** Runs all controllers while it holds the Lease kube-controller-manager; rejects with LeadershipLostError when that is lost. */
export async function runControllers(options: ProgramOptions, signal: AbortSignal): Promise<void> {
  const { access, clock, rateLimit } = options;
  const caCertificate = access.ca;
  if (caCertificate === undefined) {
    throw new LabError(
      'the kubeconfig has no certificate-authority: the controllers publish it to every namespace (kube-root-ca.crt), so it must be there',
    );
  }
  await lead(options, 'kube-controller-manager', signal, (client) => {
    const clientOf = serviceAccountClients({ client, access, clock, rateLimit });
    return controlPlaneComponents({ caCertificate }).map(({ account, make }) => actingAs(clientOf(account), make));
  });
}

/** Runs the scheduler while it holds the Lease kube-scheduler; rejects with LeadershipLostError when that is lost. */
export function runScheduler(options: ProgramOptions, signal: AbortSignal): Promise<void> {
  return lead(options, 'kube-scheduler', signal, () => [scheduler]);
}

async function lead(
  { access, clock, random, log, hostname, rateLimit }: ProgramOptions,
  name: string,
  signal: AbortSignal,
  componentsFor: (client: Client) => readonly ComponentFactory[],
): Promise<void> {
  const transport = httpsTransport({ ...access, clock, userAgent: `holdfast-${name}` });
  const identity = `${hostname}_${uuid(random)}`;
  log.info({ lease: `${LEASE_NAMESPACE}/${name}`, identity }, 'waiting for the lease');
  // The election has a client of its own: a leader with much to do must not lose its lease for that.
  const election = { client: createClient(transport), clock, random, log, namespace: LEASE_NAMESPACE, name, identity };
  await leadWhileHolding(election, signal, async (leading) => {
    const client = createClient(underLimit(transport, rateLimit, clock));
    const manager = createManager({ client, clock, random, log, components: componentsFor(client) });
    await manager.start(leading);
    await manager.stopped();
  });
}
