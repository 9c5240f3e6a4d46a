// What can be known without a browser; the journeys in e2e/ open the modal in one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { linkOf, openConnect, returned } from "../dist/index.js";

const encoded = (text) => Buffer.from(text).toString("base64url");

test("a token leads to its own page, and its secret stays behind the #", () => {
  const token = `${encoded("https://ligand.example/connect?session=a_b-c")}.s3cret`;
  assert.equal(linkOf(token), "https://ligand.example/connect?session=a_b-c#s3cret");
});

test("what is no token is refused with a sentence that says what would be", () => {
  for (const bad of ["", "x", "x.y", `${encoded("javascript:alert(1)")}.s`, encoded("https://ligand.example/connect")]) {
    assert.throws(() => openConnect({ token: bad }), /POST \/connect\/sessions/, bad);
  }
});

test("a full page comes back with its session and how it ended", () => {
  assert.deepEqual(returned("https://app.example/done?connect_session=7&connect_status=connected"), { session: 7, status: "connected" });
  for (const other of ["https://app.example/done", "https://app.example/?connect_session=x&connect_status=connected", "https://app.example/?connect_session=7&connect_status=hacked"]) {
    assert.equal(returned(other), undefined, other);
  }
});
