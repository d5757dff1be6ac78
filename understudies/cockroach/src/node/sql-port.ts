// Where SQL clients come in.

/** A part that clients connect to, started once the node serves. */
export interface SqlPort extends AsyncDisposable {
  /** Connections that are open. */
  readonly connections: number;
}
