// CEL as Kubernetes has it. Not part of the package's main entry: what needs it loads it when it first needs it.
export { AdmissionExpressions, type AdmissionVariables, type NamedExpression } from './admission.ts';
export { compileErrorText, evaluationErrorText } from './compile-error.ts';
export { declareType, type Declared } from './declare.ts';
export { celEnvironment } from './environment.ts';
export { type AccessCheck, type AccessDecider, CelAuthorizer } from './library/authorizer.ts';
export { CostExceeded, Meter } from './meter.ts';
export { type CelProgram, compileExpression, type Outcome } from './program.ts';
export { compileRules, PER_CALL_LIMIT } from './rules.ts';
