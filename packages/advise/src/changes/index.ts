// All rules about changes, in the order in which they are listed.
import type { ChangeRule } from './change.ts';
import { rule as classChange } from './class-change/rule.ts';
import { rule as databaseRemoved } from './database-removed/rule.ts';
import { rule as immutableField } from './immutable-field/rule.ts';
import { rule as partitionLeft } from './partition-left/rule.ts';
import { rule as retentionTurned } from './retention-turned/rule.ts';
import { rule as scaleDown } from './scale-down/rule.ts';
import { rule as shrinkingStorage } from './shrinking-storage/rule.ts';

export const CHANGE_RULES: readonly ChangeRule[] = [
  immutableField,
  shrinkingStorage,
  classChange,
  retentionTurned,
  scaleDown,
  partitionLeft,
  databaseRemoved,
];
