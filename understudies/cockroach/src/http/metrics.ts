// Metrics under CockroachDB's names. All data is one range here, as its voters hold it together.
import type { Serving } from '../node/serving.ts';

interface Metric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly value: number;
}

/** The text that Prometheus reads. `uptimeMs`: since the process began. */
export function metrics(serving: Serving | undefined, uptimeMs: number): string {
  const label = `{store="${serving?.nodeId ?? 0}"}`;
  const list = [
    { name: 'sys_uptime', type: 'gauge', help: 'Process uptime in seconds', value: Math.floor(uptimeMs / 1000) } as const,
    ...(serving ? ofGroup(serving) : []),
  ];
  return list.map(({ name, type, help, value }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name}${label} ${value}\n`).join('');
}

function ofGroup(serving: Serving): readonly Metric[] {
  const { connections, isLeader, leader, term, commit, applied, liveNodes, voters, liveVoters, logBytes } = serving.figures;
  const gauge = (name: string, help: string, value: number): Metric => ({ name, type: 'gauge', help, value });
  return [
    gauge('liveness_livenodes', 'Nodes that answer this one, itself included', liveNodes),
    gauge('ranges', 'Ranges on this store', 1),
    gauge('replicas', 'Replicas on this store', 1),
    gauge('replicas_leaders', 'Replicas that lead their range', isLeader ? 1 : 0),
    gauge('ranges_unavailable', 'Ranges without a leader', leader === 0 ? 1 : 0),
    gauge('ranges_underreplicated', 'Ranges with a replica that does not answer', liveVoters < voters ? 1 : 0),
    gauge('sql_conns', 'Open SQL connections', connections),
    gauge('raft_term', 'Term of the group', term),
    { name: 'raft_commandcommitted', type: 'counter', help: 'Entries committed', value: commit },
    { name: 'raft_commandsapplied', type: 'counter', help: 'Entries applied', value: applied },
    gauge('raftlog_bytes', 'Bytes of the log since its last snapshot', logBytes),
  ];
}
