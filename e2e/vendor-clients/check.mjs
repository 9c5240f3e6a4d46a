// What the scripts here share: where the simulated vendors are, one line a check, and the count at the end.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

export { assert };

const runtime = process.env.LIGAND_RUNTIME
  ? JSON.parse(readFileSync(process.env.LIGAND_RUNTIME, "utf8"))
  : { sandbox: JSON.parse(process.env.LIGAND_SANDBOX ?? "{}") };

/** The origin of a simulated vendor, or of `control`: from the runtime file, else from LIGAND_SANDBOX (a JSON object). */
export function origin(name) {
  const found = runtime.sandbox?.[name];
  if (!found) throw new Error(`no origin of ${name}: set LIGAND_RUNTIME or LIGAND_SANDBOX`);
  return found;
}

/** Gives the control API an order. */
export async function order(path, body) {
  const answer = await fetch(origin("control") + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.text());
}

let passed = 0;
let failed = 0;

/** Runs one check and prints its line. */
export async function check(fact, act) {
  try {
    await act();
    passed += 1;
    console.log(`ok   ${fact}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${fact}\n     ${error?.stack ?? error}`);
  }
}

/** Prints the count and ends the process, with 1 when a check failed. */
export function done() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}
