// A command in a container: chosen and checked here, run by the agent of the pod's node.
import { type ApiResponse, badRequest, type ContainerRef, type ExecOptions, type Pod } from '@holdfast/schema';
import { chooseContainer } from './container-choice.ts';
import { dialNode, type NodeAccess } from './node.ts';
import { containerRef } from './open-log.ts';
import { booleanOf } from './query.ts';

export interface OpenExecOptions extends NodeAccess {
  readonly pod: Pod;
  /** The request's query: container, command (repeated), stdin, stdout, stderr, tty. */
  readonly query: URLSearchParams;
}

const FINISHED = new Set(['Succeeded', 'Failed']);

/** An answer for the transport to upgrade. Throws BadRequest when the container is not named well or the pod has finished. */
export function openExec({ pod, query, ...access }: OpenExecOptions): ApiResponse {
  const name = pod.metadata.name ?? '';
  const container = chooseContainer(pod, query.get('container') ?? undefined);
  const nodeName = pod.spec?.nodeName;
  if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  const phase = pod.status?.phase ?? '';
  if (FINISHED.has(phase)) throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const options = execOptionsOf(query);
  if (options.command.length === 0) throw badRequest('you must specify at least one command for the container');
  const ref = containerRef(pod, container);
  const node = dialNode(access, nodeName);
  if (!node.here) return node.elsewhere.tunnel(targetOf('exec', ref, options));
  return { kind: 'exec', options, start: (streams) => node.here.exec(ref, options, streams) };
}

/** The kubelet's names for the same. */
function targetOf(verb: 'exec' | 'attach', { namespace, pod, container }: ContainerRef, options: ExecOptions): string {
  const query = new URLSearchParams(options.command.map((word): [string, string] => ['command', word]));
  if (options.stderr) query.set('error', '1');
  if (options.stdin) query.set('input', '1');
  if (options.stdout) query.set('output', '1');
  if (options.tty) query.set('tty', '1');
  return `/${[verb, namespace, pod, container].map(encodeURIComponent).join('/')}?${query.toString()}`;
}

/** The query of an exec or attach request. Throws BadRequest when no stream is asked for. */
export function execOptionsOf(query: URLSearchParams): ExecOptions {
  const tty = booleanOf(query, 'tty');
  const options = {
    command: query.getAll('command'),
    stdin: booleanOf(query, 'stdin'),
    stdout: booleanOf(query, 'stdout'),
    // A terminal has one output.
    stderr: booleanOf(query, 'stderr') && !tty,
    tty,
  };
  if (!options.stdin && !options.stdout && !options.stderr) throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return options;
}

/** An answer for the transport to upgrade: the streams of the container's own process. Throws BadRequest as openExec does. */
export function openAttach({ pod, query, ...access }: OpenExecOptions): ApiResponse {
  const name = pod.metadata.name ?? '';
  const container = chooseContainer(pod, query.get('container') ?? undefined);
  const nodeName = pod.spec?.nodeName;
  if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  const phase = pod.status?.phase ?? '';
  if (FINISHED.has(phase)) throw badRequest(`cannot attach a container in a completed pod; current phase is ${phase}`);
  const { command: _none, ...options } = execOptionsOf(query);
  const ref = containerRef(pod, container);
  const node = dialNode(access, nodeName);
  if (!node.here) return node.elsewhere.tunnel(targetOf('attach', ref, { ...options, command: [] }));
  return { kind: 'exec', options, start: (streams) => node.here.attach(ref, options, streams) };
}
