// Output for machines and browsers, loaded by those who ask for it.
export { toGithub } from './output/github.ts';
export { toHtml } from './output/html.ts';
export { toJunit } from './output/junit.ts';
export { toSarif } from './output/sarif.ts';
