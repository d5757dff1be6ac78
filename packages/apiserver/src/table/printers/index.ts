// All printers of built-in kinds, one file per family.
import { printer, type Printer, type PrinterFamily } from '../printer.ts';
import { AUTOSCALING_FAMILY } from './autoscaling.ts';
import { nameOf } from './cells.ts';
import { CLUSTER_FAMILY } from './cluster.ts';
import { NETWORK_FAMILY } from './network.ts';
import { PODS_FAMILY } from './pods.ts';
import { POLICY_FAMILY } from './policy.ts';
import { STORAGE_FAMILY } from './storage.ts';
import { WORKLOADS_FAMILY } from './workloads.ts';

const PRINTERS: PrinterFamily = {
  ...PODS_FAMILY,
  ...WORKLOADS_FAMILY,
  ...STORAGE_FAMILY,
  ...NETWORK_FAMILY,
  ...CLUSTER_FAMILY,
  ...POLICY_FAMILY,
  ...AUTOSCALING_FAMILY,
};

/** For kinds without columns of their own: Name and Created At. */
export const CREATED_AT: Printer = printer((object) => [nameOf(object), object.metadata.creationTimestamp ?? '']);

/** The printer of a built-in kind; undefined for those that show when they were created and no more. */
export function builtInPrinter({ group, resource }: { readonly group: string; readonly resource: string }): Printer | undefined {
  const key = group === '' ? resource : `${resource}.${group}`;
  return Object.hasOwn(PRINTERS, key) ? PRINTERS[key] : undefined;
}

/** Keys of all printers, for tests. */
export function printedResources(): readonly string[] {
  return Object.keys(PRINTERS);
}
