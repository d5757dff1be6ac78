// Brings about what breaks, and ends it.
import type { Random } from '@holdfast/clock';
import { NODES, StatusError } from '@holdfast/schema';
import type { Member } from '../member.ts';
import type { Simulation } from '../simulation.ts';
import { podName, shapeOf } from './actions.ts';
import type { Deeds } from './deeds.ts';
import type { Fault } from './history.ts';
import { NAMESPACE } from './workloads/pod-template.ts';
import type { World } from './world.ts';

/** What ends a fault. */
export type Recovery = () => void;

export interface Breaking {
  readonly sim: Simulation;
  readonly world: World;
  readonly deeds: Deeds;
  readonly random: Random;
  /** Told when a program cannot start for another reason than another fault. */
  readonly onFailure: (error: unknown) => void;
}

/** Begins a fault; the recovery where it does not pass of itself. */
export async function begin(breaking: Breaking, fault: Fault): Promise<Recovery | undefined> {
  const { sim, world } = breaking;
  switch (fault.fault) {
    case 'crashPod':
    case 'hangPod': {
      const pod = podName(sim, shapeOf(world, fault.workload), fault.pod);
      if (pod !== undefined) sim.runtime[fault.fault === 'crashPod' ? 'crash' : 'hang']({ namespace: NAMESPACE, pod });
      return undefined;
    }
    case 'restartApi':
      return restartApi(breaking);
    case 'loseNode':
      return loseNode(breaking, fault.node, fault.removed);
    default: {
      const members = membersOf(sim, fault.program);
      return together(
        members.map((member) => (fault.fault === 'restart' ? restart(breaking, member) : disturbLink(breaking, member, fault))),
      );
    }
  }
}

function membersOf(sim: Simulation, program: string): readonly Member[] {
  const members = sim.members().filter(({ name }) => name === program);
  if (members.length === 0) throw new Error(`the world has no program ${program}`);
  return program === sim.controllers.name ? [...members, ...sim.apart.values()] : members;
}

function together(recoveries: readonly (Recovery | undefined)[]): Recovery | undefined {
  const some = recoveries.filter((recovery) => recovery !== undefined);
  return some.length === 0 ? undefined : () => some.forEach((recover) => recover());
}

async function restartApi({ sim, deeds }: Breaking): Promise<Recovery | undefined> {
  if (!sim.api.running) return undefined;
  const settle = deeds.disturb('api', sim.clock.now());
  await sim.run(sim.api.stop());
  return () => {
    sim.api.start();
    settle(sim.clock.now());
  };
}

function restart(breaking: Breaking, member: Member): Recovery | undefined {
  const { sim, deeds } = breaking;
  if (!member.running) return undefined;
  const settle = deeds.disturb(member.name, sim.clock.now());
  // Containers end with their agent; a machine whose agent alone is gone is no node of a simulation.
  if (sim.nodes.has(member.name)) sim.loseNode(member.name);
  else member.crash();
  return () => {
    start(breaking, member);
    settle(sim.clock.now());
  };
}

function start({ onFailure }: Breaking, member: Member): void {
  if (member.running) return;
  const started = member.start();
  const { link } = member;
  started.catch((error: unknown) => {
    // A life that was ended while it started has nothing to say.
    if (member.running && member.link === link) onFailure(error);
  });
}

async function loseNode(breaking: Breaking, node: string, removed: boolean): Promise<Recovery | undefined> {
  const { sim } = breaking;
  const back = together(membersOf(sim, node).map((member) => restart(breaking, member)));
  if (back && removed && sim.api.running)
    await sim.run(sim.client.delete(NODES, { name: node })).catch((error: unknown) => {
      if (!(error instanceof StatusError)) throw error;
    });
  return back;
}

type LinkFault = Extract<Fault, { readonly program: string }>;

function disturbLink({ sim, deeds, random }: Breaking, member: Member, fault: LinkFault): Recovery | undefined {
  if (!member.running) return undefined;
  const { link } = member;
  if (fault.fault === 'partition') link.partition();
  else if (fault.fault === 'slow') link.slow(fault.delayMs);
  else if (fault.fault !== 'restart') {
    const { oneIn, fault: kind } = fault;
    link.inject(() => (random.int(oneIn) === 0 ? kind : undefined));
  }
  const settle = deeds.disturb(member.name, sim.clock.now());
  return () => {
    link.mend();
    settle(sim.clock.now());
  };
}
