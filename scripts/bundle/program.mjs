// All of the tool's code as one text that both forms begin: the file for Node, and the executable.
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { build } from 'esbuild';
import { root } from '../root.mjs';

const HERE = 'src/assets/here.ts';

/**
 * The text imports and exports nothing, so that it can be a module as well as a CommonJS script, which is all that an
 * executable may begin with under Node 20. What surrounds it gives it `require`, `stallscopeWords` (how Node is started with
 * it again) and `stallscopeFiles` (what it carries).
 *
 * @returns {Promise<{ text: string, inputs: string[] }>} inputs: the files that something of was taken from
 */
export const programText = async (version) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, 'src', 'cli', 'start.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    // So that an older Node can read it far enough to say that it is too old.
    target: 'node18',
    // Names stay: whoever reports a bug shows them.
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 200,
    // Licences are written beside it, whole.
    legalComments: 'none',
    // There is no folder of modules any more; yoga and ink ask for one in browsers, and under DEV.
    define: {
      'process.env.NODE_ENV': '"production"',
      'process.env.DEV': '"false"',
      'import.meta.url': 'undefined',
    },
    plugins: [thisForm(version), withoutTools, builtinsOnDemand],
    logLevel: 'warning',
  });
  const text = inAscii(outputFiles[0].text);
  // Throws for whatever only a module may say.
  new Script(text, { filename: 'the bundled program' });
  const [{ inputs }] = Object.values(metafile.outputs);
  const used = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
  refuseOwnPlaces(used.filter((path) => path.startsWith('src/')));
  return { text, inputs: used };
};

/**
 * Only ASCII: Node holds the text of its programs in memory, and holds one with any other character in two bytes for each.
 * What the bundler leaves as it is stands within regular expressions and templates, which know the same escapes.
 */
export const inAscii = (text) =>
  text.replace(/[^\0-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Beside the one file there is nothing. */
const refuseOwnPlaces = (sources) => {
  const asking = sources.find(
    (path) => path !== HERE && readFileSync(join(root, path), 'utf8').includes('import.meta'),
  );
  if (asking !== undefined)
    throw new Error(`${asking} asks where it is: what it looks for belongs in ${HERE}`);
};

/** In the place of that of a checkout. */
const thisForm = (version) => ({
  name: 'this-form',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/src\/assets\/here\.ts$/ }, ({ path }) => ({
      resolveDir: join(path, '..'),
      contents: `
        import { dirname } from 'node:path';
        import { carriedAssets } from './carried.ts';
        export const home = dirname(stallscopeWords[0] ?? process.execPath) + '/';
        export const assets = carriedAssets(${JSON.stringify(version)}, stallscopeFiles);
        export const CHILDREN = ['listener', 'pusher', 'guard', 'canary'];
        export const wordsOf = (child) => [...stallscopeWords, 'become-' + child];`,
    })),
});

/** React's development tools, with the WebSocket they bring; and errors of zod in fifty languages. */
const withoutTools = {
  name: 'without-tools',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/node_modules\/(?:ink\/build\/devtools|zod\/v4\/locales\/index)\.js$/ }, () => ({
      contents: '',
    })),
};

/** Node's own modules are loaded by what uses them, when it is used. */
const builtinsOnDemand = {
  name: 'builtins-on-demand',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /.*/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      if (!builtinModules.includes(name)) return undefined;
      return kind === 'require-call'
        ? { path: `node:${name}`, external: true }
        : { path: name, namespace: 'builtin' };
    });
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require('node:${path}');`,
    }));
  },
};
