// Carries out one step. Never deletes anything: disruptive steps will pass the safety kernel, which is not here yet.
import type { Client } from '@holdfast/client';
import type { EventRecorder } from '@holdfast/controller';
import { withDefaults } from '../api/defaults.ts';
import { CRDB_CLUSTERS, IMAGE_ANNOTATION, VERSION_ANNOTATION } from '../api/crdb-cluster.ts';
import { INSECURE } from '../build/start-command.ts';
import { CONTAINER } from '../build/stateful-set.ts';
import type { Step } from './decide.ts';
import type { Observed } from './observed.ts';

/** What came of a step. `message`: why it did not succeed, when trying again soon may. */
export interface Outcome {
  readonly succeeded: boolean;
  readonly message?: string;
}

/** What steps are carried out with. */
export interface Hands {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly signal: AbortSignal;
}

const SUCCEEDED: Outcome = { succeeded: true };

/** What the server's CLI says when somebody was first. */
const ALREADY_INITIALIZED = 'cluster has already been initialized';

export async function act(step: Step, observed: Observed, hands: Hands): Promise<Outcome> {
  switch (step.kind) {
    case 'apply':
      return apply(step, observed, hands);
    case 'checkVersion':
      return noteVersion(step, observed, hands);
    case 'initialize':
      return initialize(step, observed, hands);
    case 'leave':
    case 'start':
    case 'refuse':
    case 'wait':
    case 'settled':
      return SUCCEEDED;
  }
}

async function apply(
  { changes }: Step & { readonly kind: 'apply' },
  { cluster }: Observed,
  { client, events, signal }: Hands,
): Promise<Outcome> {
  for (const { type, object, verb } of changes) {
    if (verb === 'create') await client.create(type, object, { signal });
    // Carries the revision that was read: a change by somebody else meanwhile is a conflict, and seen next time.
    else await client.update(type, object, { signal });
    const done = verb === 'create' ? 'Created' : 'Updated';
    events.event(cluster, 'Normal', done, `${done} ${type.kind} ${object.metadata.name}`);
  }
  return SUCCEEDED;
}

/** Upstream's version checker leaves its findings on the CrdbCluster, where upgrades look for them. */
async function noteVersion(
  { image }: Step & { readonly kind: 'checkVersion' },
  { cluster }: Observed,
  { client, signal }: Hands,
): Promise<Outcome> {
  const { namespace, name = '' } = cluster.metadata;
  const annotations = { [VERSION_ANNOTATION]: image.version, [IMAGE_ANNOTATION]: image.image };
  await client.patch(CRDB_CLUSTERS, { namespace, name }, { type: 'merge', body: { metadata: { annotations } } }, { signal });
  return SUCCEEDED;
}

async function initialize(
  { pod }: Step & { readonly kind: 'initialize' },
  { cluster }: Observed,
  { client, events, signal }: Hands,
): Promise<Outcome> {
  const { grpcPort } = withDefaults(cluster.spec);
  const output: string[] = [];
  const collect = (chunk: Uint8Array): void => {
    output.push(Buffer.from(chunk).toString('utf8'));
  };
  const command = ['/cockroach/cockroach.sh', 'init', INSECURE, `--host=localhost:${grpcPort}`];
  const key = { namespace: cluster.metadata.namespace, name: pod };
  const result = await client.exec(key, { container: CONTAINER, command, stdout: collect, stderr: collect, signal });
  const said = output.join('').trim();
  if ('exitCode' in result && (result.exitCode === 0 || said.includes(ALREADY_INITIALIZED))) {
    events.event(cluster, 'Normal', 'Initialized', `Initialized the cluster on ${pod}`);
    return SUCCEEDED;
  }
  const how = 'exitCode' in result ? `exit code ${result.exitCode}` : result.error;
  return { succeeded: false, message: `init on ${pod} did not succeed yet (${how}): ${said.split('\n').at(-1) ?? ''}` };
}
