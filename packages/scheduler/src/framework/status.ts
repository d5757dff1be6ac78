// What a plugin says about a node, or about a pod as a whole.

/** `preemptible`: deleting pods of lower priority could help. */
export interface Rejection {
  readonly plugin: string;
  readonly reasons: readonly string[];
  readonly preemptible: boolean;
}

/** A refusal that no deletion of pods can mend. */
export function unresolvable(plugin: string, ...reasons: readonly string[]): Rejection {
  return { plugin, reasons, preemptible: false };
}

/** A refusal that might go away with other pods. */
export function unschedulable(plugin: string, ...reasons: readonly string[]): Rejection {
  return { plugin, reasons, preemptible: true };
}
