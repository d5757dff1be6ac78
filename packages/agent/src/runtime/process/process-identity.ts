// Tells whether a process group that was written down is still the same one, after this process was restarted.
import { readdirSync, readFileSync } from 'node:fs';

/** A process group leader as it is written to disk. */
export interface ProcessRecord {
  readonly pid: number;
  /** Clock ticks since boot at which it started. */
  readonly start: string;
  readonly bootId: string;
}

interface ProcessStat {
  readonly state: string;
  readonly group: number;
  readonly session: number;
  readonly start: string;
}

/** What identifies `pid` beyond reuse of its number; undefined when it does not run. */
export function identify(pid: number): ProcessRecord | undefined {
  const stat = statOf(pid);
  return stat && stat.state !== 'Z' ? { pid, start: stat.start, bootId: bootId() } : undefined;
}

/**
 * Whether anything of the group may still run. The kernel does not give the number of a group or session to a new process
 * while a member is left, so a leader with another start time means that the group is gone.
 */
export function groupLives(record: ProcessRecord): boolean {
  if (record.bootId !== bootId()) return false;
  const leader = statOf(record.pid);
  if (leader && leader.start !== record.start) return false;
  return allProcesses().some((pid) => {
    const stat = statOf(pid);
    return stat !== undefined && stat.state !== 'Z' && (stat.group === record.pid || stat.session === record.pid);
  });
}

/** Pids of all processes that this user can see. */
export function allProcesses(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Pids whose session or group is led by `leader`, the leader included; zombies left out. */
export function membersOf(leader: number): readonly number[] {
  return allProcesses().filter((pid) => {
    const stat = statOf(pid);
    return stat !== undefined && stat.state !== 'Z' && (stat.group === leader || stat.session === leader);
  });
}

function statOf(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // It has ended, which is an answer.
    return undefined;
  }
  // The second field is the program's name in parentheses and may hold anything; fields are counted from behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), session: Number(fields[3]), start: fields[19] ?? '' };
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
