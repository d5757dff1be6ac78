// Options of `holdfast check`.

/** Options as the command line gives them. Files may be '-' for standard output. */
export interface CheckOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly against?: string;
  readonly json?: boolean;
  readonly github?: boolean;
  readonly sarif?: string;
  readonly junit?: string;
  readonly html?: string;
  /** A file; false: none, not even holdfast.yaml of this folder. */
  readonly config?: string | false;
  readonly writeBaseline?: string;
  readonly fix?: boolean;
  readonly write?: boolean;
  readonly failOn: 'info' | 'warning' | 'error' | 'never';
  readonly explain?: string;
  readonly list?: boolean;
}
