// What needs processes: exec, attach, cp, port-forward, and logs that somebody wrote.
import type { Chapter } from './journey.ts';

const SERVER = `const { createServer } = require('node:http');
createServer((request, response) => response.end('hello at ' + request.url)).listen(8080, process.env.POD_IP, () => console.log('listening'))`;
const pod = (name: string, command: readonly string[]): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'c',
        image: 'test/shell:1',
        command,
        env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
      },
    ],
  },
});
const create = (object: object): string => `kubectl create -f - <<'EOF'\n${JSON.stringify(object)}\nEOF`;
const FORWARD = `kubectl port-forward pod/web :8080 > forwarded 2>&1 & forward=$!
until grep -q Forwarding forwarded; do kill -0 $forward || exit 1; sleep 0.1; done
port=$(sed -n 's/^Forwarding from 127.0.0.1:\\([0-9]*\\) .*/\\1/p' forwarded | head -n 1)
exec 3<>/dev/tcp/127.0.0.1/$port
printf 'GET /over/there HTTP/1.0\\r\\n\\r\\n' >&3
cat <&3
kill $forward`;

export const PROCESSES: readonly Chapter[] = [
  {
    title: 'reads logs',
    steps: [
      [create(pod('talker', ['/bin/sh', '-c', 'echo one; echo two; echo three; sleep 1234'])), 'pod/talker created'],
      ['kubectl wait --for=condition=Ready pod/talker --timeout=30s', 'condition met'],
      ['kubectl logs talker', /one[\s\S]*three/],
      ['kubectl logs talker --tail=1', /^three\n$/],
      ['kubectl logs talker --timestamps --tail=1', /^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/],
      ['kubectl logs talker --limit-bytes=2', /^on$/],
      ['kubectl logs -l app=talker --prefix --tail=1', /^\[pod\/talker\/c\] three\n$/],
      ['kubectl logs talker --since=1h --all-containers', /one[\s\S]*three/],
      ['timeout 2 kubectl logs -f talker', /one[\s\S]*three/, 'fails'],
    ],
  },
  {
    title: 'runs commands and copies files',
    steps: [
      ['kubectl exec talker -- echo hello', /^hello\n$/],
      ["echo from outside | kubectl exec -i talker -- sh -c 'cat; echo err >&2'", /from outside[\s\S]*err|err[\s\S]*from outside/],
      ["kubectl exec talker -- sh -c 'exit 7'; test $? = 7", 'command terminated with exit code 7'],
      ['kubectl exec talker -c nope -- true', /container (nope is not valid for pod talker|not found)/, 'fails'],
      ['kubectl exec nobody -- true', /pods "nobody" not found/, 'fails'],
      ['echo precious > mine && kubectl cp mine talker:/tmp/holdfast-journey-copied && echo done', 'done'],
      ['kubectl exec talker -- cat /tmp/holdfast-journey-copied', /^precious\n$/],
      ['kubectl cp talker:/tmp/holdfast-journey-copied back && cat back', /precious\n$/],
      ['kubectl exec talker -- rm /tmp/holdfast-journey-copied', /^$/],
    ],
  },
  {
    title: 'attaches, and forwards ports',
    steps: [
      [create(pod('ticker', ['/bin/sh', '-c', 'while sleep 0.2; do echo tick; done'])), 'pod/ticker created'],
      [create(pod('web', [process.execPath, '-e', SERVER])), 'pod/web created'],
      ['kubectl wait --for=condition=Ready pod/ticker pod/web --timeout=30s', /ticker condition met[\s\S]*web condition met/],
      ['timeout 3 kubectl attach ticker', /tick\ntick/, 'fails'],
      ['timeout 20 bash -c "until kubectl logs web | grep listening; do sleep 0.2; done"', 'listening'],
      [FORWARD, 'hello at /over/there'],
      ['kubectl port-forward pod/web 99999', /(invalid|unable|error)/i, 'fails'],
      ['kubectl delete pod ticker web talker --wait=true', /"ticker"[\s\S]*"web"[\s\S]*"talker"[\s\S]*deleted/],
    ],
  },
];
