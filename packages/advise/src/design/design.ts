// Manifests of a database that pass every rule, with the reasons at their head.
import { toYaml } from '@holdfast/schema';
import { databaseObjects } from './database.ts';
import { type DesignRequest, refuseBadWishes } from './request.ts';
import { storageAdvice, storageObjects } from './storage.ts';

export { DESIGNED, DesignError, type DesignRequest, PROVIDERS } from './request.ts';

/** YAML with comments at its head. Throws DesignError for what would lose data. */
export function design(request: DesignRequest): string {
  refuseBadWishes(request);
  const { objects, needs } = databaseObjects(request);
  const head = [
    `${request.engine}, ${request.instances} x ${request.size} on ${request.storage} storage; made by holdfast design.`,
    ...storageAdvice(request),
    `Needed beforehand: ${needs.join('; ')}.`,
    'What no manifest can do: restore a backup and lose a node once, on purpose, before it matters.',
  ];
  const comments = head.map((line) => `# ${line}\n`).join('');
  return comments + [...storageObjects(request), ...objects].map((object) => toYaml(object)).join('---\n');
}
