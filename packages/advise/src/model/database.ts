// Decides whether a pod template runs a database, and keeps the evidence.
import type { Container, ObjectMeta, PodTemplateSpec } from '@holdfast/schema';
import { type Engine, ENGINES, engineNamed, engineOfImage, isDataPath } from './engines.ts';
import type { FieldPath } from './sourced-object.ts';
import type { DatabaseEvidence } from './workload.ts';

/** On a workload: the engine's name, "true" for an engine that is not known here, "false" for what only looks like a database. */
export const DATABASE_ANNOTATION = 'holdfast.dev/database';

/** The engine where it is known; evidence is empty for what is no database. */
export interface DatabaseVerdict {
  readonly engine: Engine | undefined;
  readonly evidence: readonly DatabaseEvidence[];
}

const NONE: DatabaseVerdict = { engine: undefined, evidence: [] };

/** The annotation has the last word; else the image; else port and data folder together, since each alone is common. */
export function judgeTemplate(
  metadata: ObjectMeta,
  template: PodTemplateSpec,
  path: FieldPath,
  engines: readonly Engine[] = ENGINES,
): DatabaseVerdict {
  const said = metadata.annotations?.[DATABASE_ANNOTATION];
  if (said === 'false') return NONE;
  const found = fromContainers(template.spec?.containers ?? [], [...path, 'spec', 'containers'], engines);
  if (said === undefined) return found;
  const reason = `annotation ${DATABASE_ANNOTATION} says ${said}`;
  return {
    engine: engineNamed(said, engines) ?? found.engine,
    evidence: [{ path: ['metadata', 'annotations', DATABASE_ANNOTATION], reason }, ...found.evidence],
  };
}

function fromContainers(containers: readonly Container[], path: FieldPath, engines: readonly Engine[]): DatabaseVerdict {
  for (const [index, container] of containers.entries()) {
    const engine = engineOfImage(container.image ?? '', engines);
    if (!engine) continue;
    const evidence: DatabaseEvidence[] = [
      { path: [...path, index, 'image'], reason: `image ${container.image} is ${engine.name}` },
      ...portEvidence(engine, container, [...path, index]),
      ...mountEvidence(engine, container, [...path, index]),
    ];
    // An engine's image also runs its client: one with a command of its own, no port and no data is a job, not a database.
    if (
      evidence.length === 1 &&
      container.command !== undefined &&
      !/postgres|mysqld|mongod|server|start/.test(container.command.join(' '))
    )
      continue;
    // Redis without a folder for its data is a cache: losing it is what it is there for.
    if (engine.name === 'redis' && mountEvidence(engine, container, [...path, index]).length === 0) continue;
    return { engine, evidence };
  }
  for (const [index, container] of containers.entries()) {
    for (const engine of engines) {
      const ports = portEvidence(engine, container, [...path, index]);
      const mounts = mountEvidence(engine, container, [...path, index]);
      if (ports.length > 0 && mounts.length > 0) return { engine, evidence: [...ports, ...mounts] };
    }
  }
  return NONE;
}

function portEvidence({ port, name }: Engine, { ports = [] }: Container, path: FieldPath): readonly DatabaseEvidence[] {
  const index = ports.findIndex(({ containerPort }) => containerPort === port);
  return index < 0 ? [] : [{ path: [...path, 'ports', index], reason: `port ${port} is the port of ${name}` }];
}

function mountEvidence(engine: Engine, { volumeMounts = [] }: Container, path: FieldPath): readonly DatabaseEvidence[] {
  return volumeMounts.flatMap(({ mountPath }, index) =>
    isDataPath(engine, mountPath)
      ? [{ path: [...path, 'volumeMounts', index], reason: `${mountPath} is where ${engine.name} keeps its data` }]
      : [],
  );
}
