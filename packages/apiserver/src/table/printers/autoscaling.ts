// Horizontal pod autoscalers, in both versions in which they are served.
import type { AutoscalingV2HorizontalPodAutoscaler, HorizontalPodAutoscaler } from '@holdfast/schema';
import { printer, type PrinterFamily } from '../printer.ts';
import { ageOf, nameOf, someOf, UNKNOWN, UNSET } from './cells.ts';

type Spec = NonNullable<AutoscalingV2HorizontalPodAutoscaler['spec']>;
type Status = NonNullable<AutoscalingV2HorizontalPodAutoscaler['status']>;
type Metric = NonNullable<Spec['metrics']>[number];
type Current = NonNullable<Status['currentMetrics']>[number];
interface Value {
  readonly averageUtilization?: number | undefined;
  readonly averageValue?: string | number | undefined;
  readonly value?: string | number | undefined;
}

const autoscalers = printer<AutoscalingV2HorizontalPodAutoscaler | HorizontalPodAutoscaler>((autoscaler, context) => {
  const { spec, status } = autoscaler;
  return [
    nameOf(autoscaler),
    `${spec?.scaleTargetRef.kind ?? ''}/${spec?.scaleTargetRef.name ?? ''}`,
    targetsOf(autoscaler),
    spec?.minReplicas === undefined ? UNSET : String(spec.minReplicas),
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    ageOf(autoscaler, context),
  ];
});

export const AUTOSCALING_FAMILY: PrinterFamily = { 'horizontalpodautoscalers.autoscaling': autoscalers };

function targetsOf({ spec, status }: AutoscalingV2HorizontalPodAutoscaler | HorizontalPodAutoscaler): string {
  if (!spec) return UNKNOWN;
  if ('targetCPUUtilizationPercentage' in spec) {
    const current = (status as HorizontalPodAutoscaler['status'])?.currentCPUUtilizationPercentage;
    return `cpu: ${current === undefined ? UNKNOWN : `${current}%`}/${spec.targetCPUUtilizationPercentage}%`;
  }
  const metrics = 'metrics' in spec ? (spec.metrics ?? []) : [];
  const current = status && 'currentMetrics' in status ? (status.currentMetrics ?? []) : [];
  return (
    someOf(
      metrics.map((metric, index) => metricText(metric, current[index])),
      2,
    ) || '<none>'
  );
}

function metricText(metric: Metric, current: Current | undefined): string {
  const resource = metric.resource ?? metric.containerResource;
  if (resource) {
    const now = (current?.resource ?? current?.containerResource)?.current;
    return `${resource.name}: ${valueText(now, resource.target)}`;
  }
  const source = metric.pods ?? metric.object ?? metric.external;
  const now = (current?.pods ?? current?.object ?? current?.external)?.current;
  const average = source?.target.averageValue !== undefined && !metric.pods;
  return `${valueText(now, source?.target)}${average ? ' (avg)' : ''}`;
}

function valueText(current: Value | undefined, target: Value | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue}`;
  if (target?.value !== undefined) return `${current?.value ?? UNKNOWN}/${target.value}`;
  const percent = (value: number | undefined, otherwise: string): string => (value === undefined ? otherwise : `${value}%`);
  return `${percent(current?.averageUtilization, UNKNOWN)}/${percent(target?.averageUtilization, '<auto>')}`;
}
