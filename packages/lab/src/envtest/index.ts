export { runEtcd } from './etcd.ts';
export { type EnvtestServer, runKubeApiServer } from './kube-apiserver.ts';
export { writeAssets } from './write-assets.ts';
