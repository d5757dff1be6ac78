export { carryBySocket, carryByWebSocket } from './carriers.ts';
export type { Carrier, SpdyStream } from './session.ts';
export { SpdySession } from './session.ts';
