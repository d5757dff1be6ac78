import { runChangeSuite } from '../change.suite.ts';
import { rule } from './rule.ts';

runChangeSuite(rule);
