// The documentation of every element of the catalog is valid Swagger 2.0, and so is that of every export at hand.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import SwaggerParser from "@apidevtools/swagger-parser";

const runtime = JSON.parse(readFileSync(process.env.LIGAND_RUNTIME, "utf8"));
const data = dirname(process.env.LIGAND_RUNTIME);
const credentials = JSON.parse(readFileSync(join(data, "credentials.json"), "utf8"));
const headers = {
  authorization: `User ${credentials.userSecret}, Organization ${credentials.organizationSecret}`,
  "content-type": "application/json",
};

async function call(method, path, body) {
  const answer = await fetch(`${runtime.baseUrl}/elements/api-v2${path}`, { method, headers, body });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

let failures = 0;
async function check(name) {
  const document = await call("GET", `/elements/${name}/docs`);
  const paths = Object.keys(document.paths).length;
  try {
    // References may only lead into the document itself.
    await SwaggerParser.validate(document, {
      resolve: { external: false },
      validate: { schema: true, spec: true },
    });
    console.log(`ok    ${name}: ${paths} paths`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${name}: ${String(error.message).slice(0, 600)}`);
  }
}

const keys = await call("GET", "/elements/keys");
if (keys.length < 7) throw new Error(`only ${keys.length} elements in the catalog`);
for (const key of keys) await check(key);

const corpus = join(process.env.LIGAND_CORPUS ?? join(import.meta.dirname, "../../../shared/corpus"), "elements");
if (!existsSync(corpus)) console.log(`SKIPPED, proves nothing: no exports at ${corpus}; set LIGAND_CORPUS`);
for (const name of existsSync(corpus) ? readdirSync(corpus).sort() : []) {
  const file = join(corpus, name, "element.json");
  if (!existsSync(file)) continue;
  const { key } = await call("POST", "/elements", readFileSync(file, "utf8"));
  await check(encodeURIComponent(key));
}

if (failures > 0) {
  console.log(`${failures} documents are not valid`);
  process.exit(1);
}
