// Options of `holdfast check`.

/** Options as the command line gives them. */
export interface CheckOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly json?: boolean;
  readonly failOn: 'info' | 'warning' | 'error' | 'never';
  readonly explain?: string;
  readonly list?: boolean;
}
