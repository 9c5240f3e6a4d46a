import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/parts.css";
import "./connect.css";
import { Connect } from "./Connect";
import { takeToken } from "./session";

const token = takeToken();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Connect token={token} />
    </StrictMode>,
  );
}
