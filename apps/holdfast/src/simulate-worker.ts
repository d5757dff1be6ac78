// A thread of `holdfast simulate`.
import { parentPort } from 'node:worker_threads';
import { answerSeeds } from '@holdfast/lab/simulation';

if (!parentPort) throw new Error('this program is a thread of `holdfast simulate` and cannot be run by itself');
await answerSeeds(parentPort);
