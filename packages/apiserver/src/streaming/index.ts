export type { Subprotocol } from './channels.ts';
export { chooseSubprotocol, SUBPROTOCOL_NAMES } from './channels.ts';
export { chooseContainer, DEFAULT_CONTAINER_ANNOTATION } from './container-choice.ts';
export type { ExecSessionOptions } from './exec-session.ts';
export { runExecSession } from './exec-session.ts';
export type { OpenExecOptions } from './open-exec.ts';
export { execOptionsOf, openAttach, openExec, openPortForward } from './open-exec.ts';
export type { OpenLogOptions } from './open-log.ts';
export { openLog } from './open-log.ts';
