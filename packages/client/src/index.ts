export type {
  Client,
  DeleteOptions,
  ExecRequest,
  ListOptions,
  Patch,
  Transport,
  TransportRequest,
  TransportResponse,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './client.ts';
