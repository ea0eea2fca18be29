import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { zipSync } from "fflate";

/** What Azure gets: one bundle with its source map, host.json and a package.json, in `dist/app/` and `dist/app.zip`. */
const root = resolve(import.meta.dirname, "..");
const folder = join(root, "dist/app");
const MOST_BYTES = 10 * 1024 * 1024;
/** A zip's times say nothing here; fixed, so that the same source gives the same file. */
const ZIP_TIME = "1980-01-01T00:00:00";

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
await build({
  stdin: {
    contents: readdirSync(join(root, "functions"))
      .toSorted()
      .map((name) => `import "./functions/${name}";`)
      .join("\n"),
    resolveDir: root,
    sourcefile: "main.ts",
  },
  outfile: join(folder, "main.mjs"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22",
  sourcemap: "linked",
  sourcesContent: false,
  minifySyntax: true,
  legalComments: "linked",
  // The Functions worker supplies this one; a copy of ours would register functions nobody hears of.
  external: ["@azure/functions-core"],
  // Packages that are CommonJS inside still ask for `require`.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
writeFileSync(
  join(folder, "package.json"),
  `${JSON.stringify({ name: "tourniquet", version, private: true, type: "module", main: "main.mjs" }, null, 2)}\n`,
);
cpSync(join(root, "host.json"), join(folder, "host.json"));

const files = ["main.mjs", "main.mjs.map", "main.mjs.LEGAL.txt", "package.json", "host.json"];
const zip = zipSync(
  Object.fromEntries(files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))])),
  { mtime: ZIP_TIME, level: 9 },
);
writeFileSync(join(root, "dist/app.zip"), zip);
const total = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
console.log(`dist/app: ${megabytes(total)}; dist/app.zip: ${megabytes(zip.length)}`);
if (total > MOST_BYTES) throw new RangeError(`the package is larger than ${megabytes(MOST_BYTES)}`);
