// Tells whether a process that was written down is still the same process.
import { readFileSync } from 'node:fs';

/** Field 22 of /proc/<pid>/stat: start of the process in clock ticks since boot. Undefined when there is no such process. */
export function processStart(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // No such process, which is an answer and no failure.
    return undefined;
  }
  // The second field is the program's name in parentheses and may hold spaces; fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended: only its parent has not looked yet.
  return fields[0] === 'Z' ? undefined : fields[19];
}

/** Whether the process `pid` runs and is the one that started at `start`. */
export function isAlive(pid: number, start: string): boolean {
  return processStart(pid) === start;
}
