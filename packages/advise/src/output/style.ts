// The style of the HTML page, for light and dark screens.

export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --line: #c9d1dc; --soft: #f4f6f9; --error: #c62828; --warning: #b26a00; --info: #1565c0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14181f; --line: #3a4554; --soft: #1d232c; --error: #ff8a80; --warning: #ffcc80; --info: #90caf9; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1280px; padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { margin: 0; font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 0 0 .75rem; } small { font-weight: normal; opacity: .7; }
section { border: 1px solid var(--line); border-radius: 10px; padding: 1rem; margin: 1.25rem 0; }
.picture { overflow-x: auto; background: var(--soft); border-radius: 8px; margin-bottom: .75rem; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); } svg text.kind { font-size: 11px; opacity: .7; }
svg rect { fill: var(--paper); stroke: var(--line); stroke-width: 1.5; } svg .edge { fill: none; stroke: var(--line); stroke-width: 1.5; } marker path { fill: var(--line); }
svg .error rect { stroke: var(--error); stroke-width: 2.5; } svg .warning rect { stroke: var(--warning); stroke-width: 2.5; } svg .info rect { stroke: var(--info); }
details { border-left: 4px solid var(--line); padding: .35rem .75rem; margin: .5rem 0; background: var(--soft); border-radius: 0 6px 6px 0; }
details.error { border-color: var(--error); } details.warning { border-color: var(--warning); } details.info { border-color: var(--info); }
summary { cursor: pointer; } details p, details ul { margin: .4rem 0; } code { font-size: .85em; overflow-wrap: anywhere; }
.badge { font-size: .8rem; font-weight: 600; padding: .05rem .45rem; border-radius: 99px; border: 1px solid currentColor; }
.badge.error { color: var(--error); } .badge.warning { color: var(--warning); } .badge.info { color: var(--info); }
.problems { color: var(--error); }
`;
