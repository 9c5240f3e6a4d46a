import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/parts.css";

// Dialogs add one style element of their own; the policy lets it in by this word.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
Object.assign(globalThis, { __nonce: nonce });

const root = document.getElementById("root");
if (root) {
  const { App } = await import("./app/App");
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
