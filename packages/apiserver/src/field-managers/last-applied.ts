// The annotation in which kubectl's client-side apply remembers what it applied, where it meets server-side apply.
import { conflictsOutside, type Conflict, fieldsStillAsApplied, isRecord, type KubeObject, type MergeType } from '@holdfast/schema';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The manager for which the two kinds of apply are one. */
export const KUBECTL = 'kubectl';

/** The conflicts that remain when kubectl takes over what it had applied on the client's side. */
export function conflictsBeyondLastApplied(conflicts: readonly Conflict[], type: MergeType, live: KubeObject): readonly Conflict[] {
  const remembered = live.metadata.annotations?.[LAST_APPLIED];
  if (remembered === undefined) return conflicts;
  const lastApplied = parsed(remembered);
  return isRecord(lastApplied) ? conflictsOutside(conflicts, fieldsStillAsApplied(type, live, lastApplied)) : conflicts;
}

/** The object with its annotation, where it has one, brought up to date with what was applied now. */
export function withLastApplied(object: KubeObject, live: KubeObject, config: Readonly<Record<string, unknown>>): KubeObject {
  if (live.metadata.annotations?.[LAST_APPLIED] === undefined) return object;
  const metadata = isRecord(config['metadata']) ? config['metadata'] : {};
  const { managedFields: _managed, annotations, ...rest } = metadata;
  const others = Object.fromEntries(Object.entries(isRecord(annotations) ? annotations : {}).filter(([key]) => key !== LAST_APPLIED));
  const kept = Object.keys(others).length > 0 ? { annotations: others } : {};
  const text = `${JSON.stringify({ ...config, metadata: { ...kept, ...rest } })}\n`;
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [LAST_APPLIED]: text } } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Somebody else wrote the annotation: it remembers nothing then.
    return undefined;
  }
}
