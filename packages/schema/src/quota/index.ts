export { podAmounts } from './pod-amounts.ts';
export { addAmounts, type Amounts, amountsOf, amountsText, count, excessOf, onlyAmounts, statedAmounts } from './resource-list.ts';
export { type Counted, quotaNames, quotaScopesMatch, quotaUsage, unstated } from './usage.ts';
