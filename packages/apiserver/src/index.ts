export type { ApiServer, ApiServerOptions } from './api-server.ts';
