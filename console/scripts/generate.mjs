// Writes src/api/operations.ts: every platform call of openapi/platform.json by its operation id.
import { readFileSync, writeFileSync } from "node:fs";

const here = new URL("..", import.meta.url);
const document = JSON.parse(readFileSync(new URL("../openapi/platform.json", here), "utf8"));
const lines = [];
for (const [path, item] of Object.entries(document.paths)) {
  if (path.startsWith("/passthrough") || path.startsWith("/authentication") || path.startsWith("/oauth")) continue;
  for (const [method, operation] of Object.entries(item)) {
    const body = operation.requestBody ? "true" : "false";
    lines.push(
      `  /** ${operation.summary} */`,
      `  ${operation.operationId}: { method: ${JSON.stringify(method.toUpperCase())}, path: ${JSON.stringify(path)}, body: ${body} },`,
    );
  }
}
const text = `// Made by scripts/generate.mjs from openapi/platform.json; not to be changed by hand.
export const operations = {
${lines.join("\n")}
} as const;
export type OperationId = keyof typeof operations;
`;
writeFileSync(new URL("src/api/operations.ts", here), text);
