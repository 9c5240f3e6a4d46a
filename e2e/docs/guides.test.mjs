// The commands of README and guides, as they stand there, in the order in which a reader types them.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const binary = process.env.LIGAND_BINARY;

/** What each page leads to: `serve` is what it starts, `skip` names blocks that need another machine. */
const pages = [
  { page: "README.md", skip: /cargo xtask|install -m|apt install/, sees: ['"oauthUrl"', '"name":"My first instance"', '"LastName":"Lovelace"'] },
  {
    page: "docs/guide/tutorial.md",
    sees: ["1 looked over, 0 findings", "0 failed", '"X-Api-Key":"********"', "Elements-Local-Filter", '"name":"X-Signature","level":"hook"', '"swagger":"2.0"'],
  },
  {
    page: "docs/guide/one-contact.md",
    serve: ["--sandbox-consent", "auto"],
    sees: [/(.*"firstName":"Amara".*\n){4}/, '"email": "zoe@example.com"', '"department": "Operations"', '"gone": 0', '"vendorPath": "Department"'],
  },
];

/** A server in a folder of its own, where the page's relative paths lead to it. */
async function serve(folder, more) {
  const arguments_ = ["serve", "--sandbox", "--listen", "127.0.0.1:0", "--data", join(folder, "data"), ...more];
  const server = spawn(binary, arguments_, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  server.stderr.on("data", (part) => (said += part));
  const runtime = join(folder, "data/runtime.json");
  for (let turns = 0; turns < 600 && !existsSync(runtime); turns++) {
    assert.equal(server.exitCode, null, `the server has ended: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { server, baseUrl: JSON.parse(readFileSync(runtime, "utf8")).baseUrl };
}

for (const { page, serve: more = [], skip = /cargo xtask/, sees } of pages) {
  const began = Date.now();
  const folder = mkdtempSync(join(tmpdir(), "ligand-guide-"));
  const { server, baseUrl } = await serve(folder, more);
  try {
    symlinkSync(join(binary, "../.."), join(folder, "target"));
    const blocks = [...readFileSync(join(root, page), "utf8").matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block).filter((block) => !skip.test(block));
    // What a reader would see and stop at: a command that is not there, a call that is refused. `head` may hang up early.
    const script = [
      "exec 2>&1",
      "shopt -s expand_aliases",
      'curl() { command curl --fail-with-body --silent --show-error "$@"; local ended=$?; [ $ended = 0 ] || [ $ended = 23 ] || echo "curl $* ended with $ended" >>failures; return $ended; }',
      'trap \'[ $? = 23 ] || echo "$BASH_COMMAND" >>failures\' ERR',
      ...blocks.map((block) => block.replaceAll("http://127.0.0.1:7080", baseUrl)),
    ].join("\n");
    const { stdout } = spawnSync("bash", ["-c", script], { cwd: folder, encoding: "utf8", timeout: 120_000 });
    const failures = existsSync(join(folder, "failures")) ? readFileSync(join(folder, "failures"), "utf8") : "";
    assert.equal(failures, "", `${page}: ${failures}\n${stdout}`);
    for (const words of sees) {
      const seen = words instanceof RegExp ? words.test(stdout) : stdout.includes(words);
      assert.ok(seen, `${page} shows no ${words}:\n${stdout}`);
    }
    console.log(`ok    ${page}: ${blocks.length} blocks, ${Date.now() - began} ms`);
  } finally {
    server.kill();
    await once(server, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}
