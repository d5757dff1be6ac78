// Keeps the status of PodDisruptionBudgets, which evictions are decided by.
import {
  type ComponentFactory,
  createController,
  createEventRecorder,
  enqueueMapped,
  enqueueSelf,
  generationChanged,
  type Request,
  requestOf,
  type Result,
  setCondition,
  watch,
} from '@holdfast/controller';
import {
  type Condition,
  deepEqual,
  DEPLOYMENTS,
  isConflict,
  isNotFound,
  type KubeObject,
  labelSelector,
  type Pod,
  PODDISRUPTIONBUDGETS,
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
  PODS,
  STATEFULSETS,
} from '@holdfast/schema';
import { type BudgetFigures, budgetFigures, needsScale } from './decide.ts';
import { scaleFinder } from './scale.ts';

/** A workload that makes pods from a template. */
interface Templated extends KubeObject {
  readonly spec?:
    | {
        readonly template?:
          | { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> | undefined } | undefined }
          | undefined;
      }
    | undefined;
}

export const disruptionController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const budgets = informers.informer(PODDISRUPTIONBUDGETS);
  const pods = informers.informer(PODS);
  const findScale = scaleFinder(context);
  const events = createEventRecorder({ ...context, component: 'controllermanager' });

  async function reconcile(request: Request): Promise<Result | void> {
    const budget = budgets.get(request);
    if (!budget) return;
    try {
      const recheckAtMs = await sync(budget);
      if (recheckAtMs !== undefined) return { requeueAfterMs: recheckAtMs - clock.now() };
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error)) await failSafe(budget, error);
      throw error;
    }
  }

  async function sync(budget: PodDisruptionBudget): Promise<number | undefined> {
    const selector = labelSelector(budget.spec?.selector);
    const members = pods.list(budget.metadata.namespace).filter((pod) => selector.matches(pod.metadata.labels));
    if (members.length === 0) events.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const scale = needsScale(budget) ? await expectedScale(budget, members, selector.toString()) : 0;
    const figures = budgetFigures(budget, members, scale, clock.now());
    for (const pod of figures.notDeleted) {
      const { namespace, name } = budget.metadata;
      events.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`);
    }
    await writeStatus(budget, statusOf(budget, figures));
    return figures.recheckAtMs;
  }

  async function expectedScale(budget: PodDisruptionBudget, members: readonly Pod[], selector: string): Promise<number> {
    try {
      const { scale, unmanaged } = await findScale(members);
      if (unmanaged.length > 0) {
        events.event(
          budget,
          'Warning',
          'UnmanagedPods',
          `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
        );
      }
      return scale;
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      events.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${cause}`);
      throw error;
    }
  }

  function statusOf(
    budget: PodDisruptionBudget,
    { expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed, disruptedPods }: BudgetFigures,
  ): PodDisruptionBudgetStatus {
    const observedGeneration = budget.metadata.generation;
    const allowed = disruptionsAllowed > 0;
    const condition: Condition = {
      type: 'DisruptionAllowed',
      status: allowed ? 'True' : 'False',
      reason: allowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
      lastTransitionTime: '',
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
    };
    const { conditions } = setCondition(budget.status?.conditions, condition, clock);
    return {
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
      expectedPods,
      desiredHealthy,
      currentHealthy,
      disruptionsAllowed,
      ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
      conditions,
    };
  }

  async function writeStatus(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus): Promise<void> {
    if (deepEqual(budget.status, status)) return;
    // The cached revision goes along: an eviction that was counted meanwhile must not be overwritten.
    await client.updateStatus(PODDISRUPTIONBUDGETS, { ...budget, status });
  }

  /** What cannot be computed allows nothing. */
  async function failSafe(budget: PodDisruptionBudget, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const condition = { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message, lastTransitionTime: '' };
    const figures = { expectedPods: 0, desiredHealthy: 0, currentHealthy: 0, ...budget.status, disruptionsAllowed: 0 };
    const { conditions } = setCondition(budget.status?.conditions, condition, clock);
    await writeStatus(budget, { ...figures, conditions }).catch((err: unknown) => {
      context.log.warn({ namespace: budget.metadata.namespace, name: budget.metadata.name, err }, 'budget status could not be made safe');
    });
  }

  const selecting = (namespace: string | undefined, labels: Readonly<Record<string, string>> | undefined): readonly Request[] =>
    budgets
      .list(namespace)
      .filter((budget) => labelSelector(budget.spec?.selector).matches(labels))
      .map(requestOf);
  const ofTemplate = enqueueMapped<Templated>(({ metadata, spec }) => selecting(metadata.namespace, spec?.template?.metadata?.labels));

  return createController({
    name: 'disruption',
    context,
    reconciler: { reconcile },
    watches: [
      watch(budgets, enqueueSelf),
      watch(
        pods,
        enqueueMapped<Pod>(({ metadata }) => selecting(metadata.namespace, metadata.labels)),
      ),
      // A new scale counts at once, not only with the first pod that follows it.
      watch(informers.informer(STATEFULSETS), ofTemplate, generationChanged),
      watch(informers.informer(DEPLOYMENTS), ofTemplate, generationChanged),
    ],
  });
};
