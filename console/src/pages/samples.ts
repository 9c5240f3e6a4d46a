/** A call as somebody's own program would make it. The secrets come from the environment, never from the page. */
export interface Sample {
  name: string;
  text: string;
}

interface Wanted {
  url: string;
  method: string;
  /** JSON text; empty for none. */
  body: string;
}

/** The same call in four ways. */
export const samples = (call: Wanted): Sample[] => [
  { name: "curl", text: curl(call) },
  { name: "TypeScript", text: typescript(call) },
  { name: "Python", text: python(call) },
  { name: "Rust", text: rust(call) },
];

/** A command for a POSIX shell; what was typed is quoted. */
export function curl({ url, method, body }: Wanted): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [`curl ${method === "GET" ? "" : `-X ${method} `}${quoted(url)}`];
  lines.push(`  -H "Authorization: User $USER_SECRET, Organization $ORGANIZATION_SECRET, Element $TOKEN"`);
  if (body) lines.push(`  -H 'Content-Type: application/json'`, `  -d ${quoted(body)}`);
  return lines.join(" \\\n");
}

/** For Node.js, Deno and Bun: `fetch` is there. */
export function typescript({ url, method, body }: Wanted): string {
  const lines = [
    "const { USER_SECRET, ORGANIZATION_SECRET, TOKEN } = process.env;",
    `const answer = await fetch(${JSON.stringify(url)}, {`,
    `  method: ${JSON.stringify(method)},`,
    "  headers: {",
    "    Authorization: `User ${USER_SECRET}, Organization ${ORGANIZATION_SECRET}, Element ${TOKEN}`,",
  ];
  if (body) lines.push('    "Content-Type": "application/json",');
  lines.push("  },");
  if (body) lines.push(`  body: ${JSON.stringify(body)},`);
  lines.push("});", "if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);", "console.log(await answer.json());");
  return lines.join("\n");
}

/** With `requests`. */
export function python({ url, method, body }: Wanted): string {
  const lines = [
    "import os",
    "",
    "import requests",
    "",
    'authorization = "User {USER_SECRET}, Organization {ORGANIZATION_SECRET}, Element {TOKEN}".format(**os.environ)',
    "answer = requests.request(",
    `    ${JSON.stringify(method)},`,
    `    ${JSON.stringify(url)},`,
    `    headers={"Authorization": authorization${body ? ', "Content-Type": "application/json"' : ""}},`,
  ];
  if (body) lines.push(`    data=${JSON.stringify(body)}.encode(),`);
  lines.push("    timeout=60,", ")", "answer.raise_for_status()", "print(answer.json())");
  return lines.join("\n");
}

/** With `reqwest` and `tokio`. */
export function rust({ url, method, body }: Wanted): string {
  const raw = (text: string) => {
    const fence = "#".repeat(1 + Math.max(0, ...[...text.matchAll(/"(#*)/g)].map(([, run]) => run?.length ?? 0)));
    return `r${fence}"${text}"${fence}`;
  };
  const lines = [
    "use std::env::var;",
    "",
    "#[tokio::main]",
    "async fn main() -> Result<(), Box<dyn std::error::Error>> {",
    "    let authorization = format!(",
    '        "User {}, Organization {}, Element {}",',
    '        var("USER_SECRET")?, var("ORGANIZATION_SECRET")?, var("TOKEN")?',
    "    );",
    "    let answer = reqwest::Client::new()",
    `        .${method.toLowerCase()}(${raw(url)})`,
    '        .header("Authorization", authorization)',
  ];
  if (body) lines.push('        .header("Content-Type", "application/json")', `        .body(${raw(body)})`);
  lines.push("        .send()", "        .await?", "        .error_for_status()?;", '    println!("{}", answer.text().await?);', "    Ok(())", "}");
  return lines.join("\n");
}
