/** From the graph that `kmodel graph` prints to the page that shows it. */
import { randomBytes } from 'node:crypto';

import { instance, type Viz } from '@viz-js/viz';

/** A picture, or what to say instead of one. */
export type Shown = { svg: string } | { problems: string };

let graphviz: Promise<Viz> | undefined;

/** Draws a graph of the Graphviz language. What cannot be drawn is said. */
export async function draw(dot: string): Promise<Shown> {
  graphviz ??= instance();
  const drawn = (await graphviz).render(measured(dot), { format: 'svg', engine: 'dot' });
  if (drawn.status === 'failure') return { problems: drawn.errors.map((error) => error.message).join('\n') };
  // What stands before the element is of no use inside a page.
  return { svg: drawn.output.slice(drawn.output.indexOf('<svg')) };
}

/** The same graph in a font whose letters Graphviz can measure: for any other it takes those of Times, which are narrower. */
function measured(dot: string): string {
  return dot.replace(/fontname\s*=\s*"sans-serif"/g, 'fontname="Arial"');
}

/** What is shown of a model that has problems. */
export function problems(name: string, stderr: string): string {
  return `${name} has problems, so there is nothing to show yet.\n\n${stderr.trimEnd()}\n`;
}

/** A page in the colours of the editor. It runs one script of ours and loads nothing. */
export function page(title: string, shown: Shown): string {
  const nonce = randomBytes(16).toString('hex');
  const body = 'svg' in shown ? `<div id="picture">${shown.svg}</div>` : `<pre>${escape(shown.problems)}</pre>`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>`;
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const STYLE = `
html, body { height: 100%; margin: 0; padding: 0; overflow: hidden; }
pre { padding: 1em; font-family: var(--vscode-editor-font-family); height: 100%; overflow: auto; box-sizing: border-box; }
#picture { width: 100%; height: 100%; cursor: grab; }
#picture.held { cursor: grabbing; }
svg { width: 100%; height: 100%; }
svg text { fill: var(--vscode-editor-foreground); font-family: Arial, 'Liberation Sans', Helvetica, sans-serif; }
svg polygon, svg path, svg ellipse { stroke: var(--vscode-editor-foreground); }
svg g.graph > polygon { fill: transparent; stroke: transparent; }
svg g.edge polygon { fill: var(--vscode-editor-foreground); }
svg g.cluster polygon, svg g.cluster path { stroke: var(--vscode-editorIndentGuide-activeBackground1, gray); fill: transparent; }
`;

/** Zooms with the wheel about the pointer, moves with the pointer held, and shows all with a double click. */
const SCRIPT = `
const picture = document.getElementById('picture');
const svg = picture?.querySelector('svg');
if (svg) {
  svg.removeAttribute('width');
  svg.removeAttribute('height');
  const all = svg.viewBox.baseVal;
  const whole = [all.x, all.y, all.width, all.height];
  const scale = () => Math.max(all.width / svg.clientWidth, all.height / svg.clientHeight);
  picture.addEventListener('wheel', (event) => {
    event.preventDefault();
    const factor = Math.exp(event.deltaY * 0.001);
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    all.x = at.x - (at.x - all.x) * factor;
    all.y = at.y - (at.y - all.y) * factor;
    all.width *= factor;
    all.height *= factor;
  }, { passive: false });
  picture.addEventListener('pointerdown', (event) => {
    picture.setPointerCapture(event.pointerId);
    picture.classList.add('held');
  });
  picture.addEventListener('pointermove', (event) => {
    if (!picture.classList.contains('held')) return;
    all.x -= event.movementX * scale();
    all.y -= event.movementY * scale();
  });
  picture.addEventListener('pointerup', () => picture.classList.remove('held'));
  picture.addEventListener('dblclick', () => {
    [all.x, all.y, all.width, all.height] = whole;
  });
}
`;
