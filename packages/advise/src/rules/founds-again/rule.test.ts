import { runRuleSuite } from '../rule.suite.ts';
import { rule } from './rule.ts';

runRuleSuite(rule);
