// The flags of the parts of a control plane that run as programs of their own.

/** What all three are called with. */
export interface ComponentFlags {
  readonly kubeconfig: string;
  readonly logLevel: string;
  readonly kubeApiQps: string;
  readonly kubeApiBurst: string;
}

/** What the agent is called with besides. */
export interface AgentFlags extends ComponentFlags {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly podCidr: string;
  readonly stateDir: string;
  readonly bundle?: readonly string[];
  readonly clusterDns: string;
  readonly address?: string;
  readonly port?: string;
  readonly clientCaFile?: string;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
}
