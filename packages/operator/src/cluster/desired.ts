// The objects that a cluster must have, against those that it has.
import { PODDISRUPTIONBUDGETS, ROLEBINDINGS, ROLES, SERVICEACCOUNTS, SERVICES, STATEFULSETS } from '@holdfast/schema';
import type { ResolvedImage } from '../api/image.ts';
import { buildRole, buildRoleBinding, buildServiceAccount } from '../build/access.ts';
import { buildDisruptionBudget } from '../build/disruption-budget.ts';
import { buildDiscoveryService, buildPublicService } from '../build/services.ts';
import { buildStatefulSet } from '../build/stateful-set.ts';
import { type Change, changeOf } from './difference.ts';
import type { Observed } from './observed.ts';

/** The pods' identity, before anything that uses it. */
export function accessChanges({ cluster, objects }: Observed, { version }: ResolvedImage): readonly Change[] {
  return present([
    changeOf(SERVICEACCOUNTS, buildServiceAccount(cluster, version), objects.serviceAccount),
    changeOf(ROLES, buildRole(cluster, version), objects.role),
    changeOf(ROLEBINDINGS, buildRoleBinding(cluster, version), objects.roleBinding),
  ]);
}

/** In the order in which they are needed: names before nodes, and the budget as soon as there are nodes. */
export function deploymentChanges({ cluster, objects, channel, logging, settings }: Observed, image: ResolvedImage): readonly Change[] {
  const inputs = { ...image, channel, logging: logging.text, extraEnv: settings.extraEnv };
  return present([
    changeOf(SERVICES, buildDiscoveryService(cluster, image.version), objects.discovery),
    changeOf(SERVICES, buildPublicService(cluster, image.version), objects.public),
    changeOf(STATEFULSETS, buildStatefulSet(cluster, inputs), objects.statefulSet),
    changeOf(PODDISRUPTIONBUDGETS, buildDisruptionBudget(cluster, image.version), objects.budget),
  ]);
}

function present(changes: readonly (Change | undefined)[]): readonly Change[] {
  return changes.filter((change) => change !== undefined);
}
