import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAIR, RaftCluster } from './cluster.fixture.ts';
import type { Configuration } from './messages.ts';

const THREE: Configuration = { voters: [1, 2, 3], learners: [] };
const FIVE: Configuration = { voters: [1, 2, 3, 4, 5], learners: [] };

function settled(cluster: RaftCluster): void {
  cluster.weather = FAIR;
  cluster.partition([]);
  for (const id of cluster.members.keys()) cluster.start(id);
  // A word that a leader takes may be lost with its lead; then the next one is asked.
  let word = '';
  let patience = 0;
  const has = (id: number): boolean => cluster.members.get(id)!.applied.includes(word);
  const voters = (): readonly number[] => cluster.members.get(cluster.leader()!)!.core!.configuration.voters;
  cluster.until('a word reaches every voter', () => {
    if (cluster.leader() === undefined) return false;
    if (word !== '' && voters().every(has)) return true;
    if (patience-- > 0 || !cluster.propose(cluster.leader()!, `settled ${cluster.agreed.length}`)) return false;
    word = `settled ${cluster.agreed.length}`;
    patience = 200;
    return false;
  });
}

describe('a Raft group', () => {
  it('elects one leader, which commits what is proposed', () => {
    const cluster = new RaftCluster(1, [1, 2, 3], THREE);
    settled(cluster);
    expect(cluster.agreed).toEqual(['settled 0']);
  });

  it('of one member commits alone', () => {
    const cluster = new RaftCluster(1, [1], { voters: [1], learners: [] });
    cluster.members.get(1)!.core!.campaign();
    settled(cluster);
    expect(cluster.agreed).toEqual(['settled 0']);
  });

  it('does not commit without a majority, and the leader steps down', () => {
    const cluster = new RaftCluster(3, [1, 2, 3], THREE);
    settled(cluster);
    const leader = cluster.leader()!;
    cluster.partition([leader]);
    expect(cluster.propose(leader, 'alone')).toBe(true);
    cluster.until('the cut-off leader knows', () => cluster.members.get(leader)!.core!.role !== 'leader');
    cluster.until('the others have a leader', () => cluster.leader() !== undefined && cluster.leader() !== leader);
    const term = cluster.members.get(leader)!.core!.term;
    cluster.run(500);
    // Its tries for the lead disturb nobody: it never began a term.
    expect(cluster.members.get(leader)!.core!.term).toBe(term);
    settled(cluster);
    expect(cluster.agreed).toEqual(['settled 0', 'settled 1']);
  });

  it('hands the lead over without waiting for a timeout', () => {
    const cluster = new RaftCluster(4, [1, 2, 3], THREE);
    settled(cluster);
    const leader = cluster.leader()!;
    cluster.members.get(leader)!.core!.transfer();
    cluster.until('another leads', () => cluster.leader() !== undefined && cluster.leader() !== leader, 20);
    expect(cluster.members.get(leader)!.core!.role).toBe('follower');
  });

  it('lets a learner vote while writes never pause', () => {
    const cluster = new RaftCluster(5, [1, 2], { voters: [1], learners: [] });
    cluster.until('there is a leader', () => cluster.leader() === 1);
    const core = cluster.members.get(1)!.core!;
    cluster.until('a learner is added', () => core.reconfigure({ voters: [1], learners: [2] }));
    cluster.until('the learner has almost all', () => {
      for (let i = 0; i < 3; i++) cluster.propose(1, `write ${i}`);
      return core.caughtUp().includes(2);
    });
    expect(core.reconfigure({ voters: [1, 2], learners: [] })).toBe(true);
  });

  it('takes in new members one by one, who first catch up', () => {
    const cluster = new RaftCluster(5, [1, 2, 3], { voters: [1], learners: [] });
    cluster.members.get(1)!.core!.campaign();
    cluster.until('it leads', () => cluster.leader() === 1);
    for (let count = 0; count < 50; count++) cluster.propose(1, `before ${count}`);
    cluster.run(10);
    cluster.compact(1);
    const core = cluster.members.get(1)!.core!;
    for (const id of [2, 3]) {
      const { voters } = core.configuration;
      cluster.until('a learner is added', () => core.reconfigure({ voters, learners: [id] }));
      expect(core.reconfigure({ voters: [...voters, id], learners: [] })).toBe(false);
      cluster.until('the learner has all', () => core.caughtUp().includes(id));
      cluster.until('the learner votes', () => core.reconfigure({ voters: [...voters, id], learners: [] }));
    }
    settled(cluster);
    expect(cluster.members.get(3)!.applied).toHaveLength(51);
    expect(cluster.members.get(2)!.core!.configuration).toEqual(THREE);
  });

  it('never disagrees, loses nothing that was committed and goes on when faults end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1 << 30 }), fc.boolean(), (seed, five) => {
        const configuration = five ? FIVE : THREE;
        const cluster = new RaftCluster(seed, configuration.voters, configuration);
        const { random } = cluster;
        const any = (): number => configuration.voters[random.int(configuration.voters.length)]!;
        cluster.weather = { loss: random.next() * 0.3, duplication: random.next() * 0.2, delay: 1 + random.int(12) };
        for (let round = 0; round < 120; round++) {
          const dice = random.int(100);
          if (dice < 6) cluster.crash(any());
          else if (dice < 16) cluster.start(any());
          else if (dice < 20) cluster.partition(configuration.voters.filter(() => random.next() < 0.4));
          else if (dice < 26) cluster.partition([]);
          else if (dice < 32) cluster.compact(any());
          else if (dice < 34) cluster.members.get(any())!.core?.transfer();
          else if (dice < 50) cluster.read(any());
          else for (let count = random.int(4); count >= 0; count--) cluster.propose(cluster.leader() ?? any(), `${round}.${count}`);
          cluster.run(1 + random.int(15));
        }
        const before = [...cluster.agreed];
        settled(cluster);
        expect(cluster.agreed.slice(0, before.length)).toEqual(before);
        expect(new Set(cluster.agreed).size).toBe(cluster.agreed.length);
      }),
      { numRuns: 300, seed: 20_261_126 },
    );
  });
});
