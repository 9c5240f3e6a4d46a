import { openConnect, returned } from "/connect.mjs";

const news = document.getElementById("news");
const list = document.getElementById("accounts");

async function show() {
  const accounts = await (await fetch("/accounts")).json();
  list.replaceChildren(...accounts.map(({ name, element, id, record }) => {
    const item = document.createElement("li");
    const first = record && Object.values(record).find((value) => typeof value === "string");
    item.textContent = `${name} (${element}, instance ${id})${first ? `: the first record is ${first}` : ""}`;
    return item;
  }));
  return accounts;
}

/** The signed callback usually is here first; where it cannot reach this machine, our server asks. */
async function learn(session, instance) {
  for (let turn = 0; turn < 10; turn++) {
    if ((await show()).some(({ id }) => id === instance)) return;
    await fetch("/poll", { method: "POST", body: JSON.stringify({ session }) });
  }
}

async function connect(mode) {
  news.textContent = "";
  const begun = await fetch("/connect", { method: "POST" });
  const { token, message } = await begun.json();
  if (!begun.ok) {
    news.textContent = message;
    return;
  }
  openConnect({
    token,
    mode,
    onConnected: ({ session, instance }) => {
      news.textContent = `Connected: ${instance.name}`;
      void learn(session, instance.id);
    },
    onDenied: () => { news.textContent = "The access was denied."; },
    onError: (error) => { news.textContent = error.message; },
  });
}

document.getElementById("modal").addEventListener("click", () => void connect("modal"));
document.getElementById("page").addEventListener("click", () => void connect("page"));

const back = returned();
if (back) {
  history.replaceState(null, "", "/");
  news.textContent = back.status === "connected" ? "Connected." : "Nothing was connected.";
  await fetch("/poll", { method: "POST", body: JSON.stringify({ session: back.session }) });
}
await show();
