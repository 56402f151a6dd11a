// Starts TFMA's components, gives each panel its data, and reports what goes wrong on the page.

const DEADLINE = 10000; // milliseconds for a component to build what a setting refers to

function report(problem) {
  const line = document.createElement('p');
  line.className = 'problem';
  line.textContent = `This view is incomplete: ${problem}`;
  document.body.prepend(line);
}

async function inflate(base64) {
  if (typeof DecompressionStream === 'undefined') {
    throw new Error('the browser cannot unpack it; use Chrome 80, Firefox 113, Safari 16.4 or later');
  }
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}

/** The first element with a tag name in a tree, shadow roots included. */
function find(root, tag) {
  for (const element of root.querySelectorAll('*')) {
    if (element.localName === tag) return element;
    const inner = element.shadowRoot && find(element.shadowRoot, tag);
    if (inner) return inner;
  }
  return null;
}

async function waitFor(condition) {
  const end = Date.now() + DEADLINE;
  while (Date.now() < end) {
    const found = condition();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return null;
}

/** Of several outputs or classes the picker shows none at first: takes the first of each. */
async function pickFirst(component) {
  const picker = find(component.shadowRoot, 'tfma-config-picker');
  if (!picker) return;
  for (const [id, choices, chosen] of [
    ['output-picker', 'availableOutputs_', 'selectedOutputs_'],
    ['class-picker', 'availableClasses_', 'selectedClasses_'],
  ]) {
    if ((picker[choices] || []).length > 1 && !(picker[chosen] || []).length) {
      const select = await waitFor(() => picker.shadowRoot.getElementById(id));
      await waitFor(() => select && select.$.listbox.items && select.$.listbox.items.length);
      if (select) select.selectIndex(0);
    }
  }
}

async function applySettings(component, settings) {
  for (const [tag, properties] of Object.entries(settings)) {
    const element = await waitFor(() => find(component.shadowRoot, tag));
    if (!element) report(`there is no <${tag}> to set ${Object.keys(properties).join(', ')} of`);
    else Object.assign(element, properties);
  }
}

async function show(panel) {
  const section = document.createElement('section');
  const heading = document.createElement('h2');
  heading.textContent = panel.title;
  const component = document.createElement(panel.component);
  section.append(heading, component);
  document.body.append(section);
  component.config = panel.config; // the components read their configuration when data arrives
  component.data = panel.data;
  await pickFirst(component);
  await applySettings(component, panel.settings);
}

async function mount() {
  window.polymerSkipLoadingFontRoboto = true; // else the bundle asks a server for the font
  const script = document.createElement('script');
  script.textContent = await inflate(document.getElementById('bundle').textContent.trim());
  document.head.append(script);
  for (const panel of JSON.parse(document.getElementById('panels').textContent)) await show(panel);
  document.body.dataset.mounted = 'true';
}

/** Tells the page around a frame how high it is, which cannot look into a sandboxed frame. */
function tellHeight() {
  const root = document.documentElement;
  const tell = () => window.parent.postMessage(
    {checkpointSweepView: Math.ceil(root.getBoundingClientRect().height)}, '*');
  new ResizeObserver(tell).observe(root);
}

window.addEventListener('error', ({message}) => report(message));
window.addEventListener('unhandledrejection', ({reason}) => report(String(reason)));
mount().catch((error) => report(String(error))).finally(() => {
  if (window.parent !== window) tellHeight();
});
