// The database is told not to encrypt its connections.
import { plaintextSettings } from '../../model/plaintext.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'plaintext',
  title: 'a database is told not to use TLS',
  about:
    'Looked for are the switches by which each engine or operator is told to go without: --insecure of CockroachDB, ssl=off of PostgreSQL, --skip-ssl of MySQL, tlsMode disabled of MongoDB, http:// addresses of etcd, xpack.security.enabled=false of Elasticsearch, tlsEnabled: false of CrdbCluster, tls.enabled: false of Percona, and listeners of Kafka that are all without tls. Saying nothing is not held against anybody.',
  loss: 'whoever is in the network of the cluster reads passwords and data; with --insecure of CockroachDB anybody is root',
  fix: 'switch TLS on, with certificates of cert-manager or of the operator',
  sources: [
    'https://www.cockroachlabs.com/docs/stable/cockroach-start#security',
    'https://www.elastic.co/guide/en/elasticsearch/reference/current/security-settings.html',
    'https://etcd.io/docs/latest/op-guide/security/',
  ],
  mistakes: [27],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, workload) {
    const { source } = workload;
    return plaintextSettings(workload)
      .slice(0, 1)
      .map(({ path, says }) => ({
        object: source,
        path,
        message: `${titleOf(source)} goes without TLS: ${says}`,
        evidence: [{ object: source, path, says }],
        confidence: 'high',
      }));
  },
};
