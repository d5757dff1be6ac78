// All rules, in the order in which they are listed. To add one: a folder beside these, and a line here.
import type { Rule } from '../rule.ts';
import { rule as emptyDirForState } from './empty-dir-for-state/rule.ts';
import { rule as immediateBinding } from './immediate-binding/rule.ts';
import { rule as oneInstanceOnLocalVolume } from './one-instance-on-local-volume/rule.ts';
import { rule as reclaimDelete } from './reclaim-delete/rule.ts';

export const RULES: readonly Rule[] = [reclaimDelete, emptyDirForState, oneInstanceOnLocalVolume, immediateBinding];
