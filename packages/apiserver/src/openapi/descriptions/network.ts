// Services, nodes, namespaces.
import type { Descriptions } from './descriptions.ts';

export const NETWORK: Descriptions = {
  'core.v1.Service': ['One address, or one name, for a set of pods.', {}],
  'core.v1.ServiceSpec': [
    'What is wanted of a service.',
    {
      selector: 'Labels of the pods that it leads to.',
      ports: 'Its ports.',
      clusterIP: 'Its address. None makes it headless: its name leads to the pods themselves.',
      clusterIPs: 'Its addresses, one of each family.',
      type: 'ClusterIP, NodePort, LoadBalancer or ExternalName. Default: ClusterIP.',
      sessionAffinity: 'ClientIP sends a client to the same pod again. Default: None.',
      publishNotReadyAddresses: 'Whether pods that are not ready are found too: what members of a database need to find each other.',
      externalName: 'The name that it stands for.',
      externalTrafficPolicy: 'Whether traffic from outside stays on the node that it came to.',
      internalTrafficPolicy: 'Whether traffic from inside stays on its node.',
      externalIPs: 'Further addresses that nodes accept traffic for.',
      loadBalancerIP: 'Address that the load balancer should get.',
    },
  ],
  'core.v1.ServicePort': [
    'A port of a service.',
    {
      name: 'Its name; needed where there are several.',
      port: 'Its number.',
      targetPort: "The pods' port, a number or a name. Default: the same number.",
      nodePort: 'The port of every node that leads to it.',
      protocol: 'TCP, UDP or SCTP. Default: TCP.',
    },
  ],
  'core.v1.Node': ['A machine that runs pods.', {}],
  'core.v1.NodeSpec': [
    'What is wanted of a node.',
    {
      unschedulable: 'Whether no new pods are placed on it.',
      taints: 'What keeps pods away that do not tolerate it.',
      podCIDR: 'Addresses of its pods.',
      providerID: 'What the cloud calls it.',
    },
  ],
  'core.v1.Namespace': ['A space of names, and what access and quotas are given for.', {}],
  'core.v1.ServiceAccount': [
    'An identity for processes in pods.',
    {
      automountServiceAccountToken: 'Whether pods get a token by default.',
      imagePullSecrets: 'Secrets for pulling images of its pods.',
      secrets: 'Secrets that its pods may use.',
    },
  ],
  'core.v1.Event': [
    'Something that happened to an object. Events are kept for an hour.',
    {
      involvedObject: 'The object.',
      reason: 'What happened, as one word.',
      message: 'What happened, in words.',
      type: 'Normal or Warning.',
      count: 'How often.',
    },
  ],
  'coordination.v1.Lease': ['Who holds something, and until when.', {}],
};
