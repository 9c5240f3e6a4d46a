import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type ChangeEvent, type CSSProperties, type FormEvent } from "react";
import { call } from "../api/client";
import { organization as organizationQuery } from "../api/queries";
import type { Organization as Known } from "../api/types";
import { useSession } from "../app/Gate";
import { readableOn } from "../connect/colour";
import { useSay } from "../ui/overlays";
import { Bones, Button, Fault, Field, Head, TextField } from "../ui/parts";
import { SettingsNav } from "./Settings";
import { useSubmit } from "./SignIn";

const COLOUR = /^#[0-9a-f]{6}$/i;
/** As the server takes it. */
const LARGEST = 64 * 1024;

export function Organization() {
  const { data, error, isPending, refetch } = useQuery(organizationQuery);
  return (
    <div className="page narrow">
      <Head title="Organization">How your organization shows itself to the customers who connect their accounts.</Head>
      <SettingsNav />
      {isPending && <Bones rows={4} height="4rem" />}
      {error && <Fault title="The organization cannot be shown." error={error} again={() => void refetch()} />}
      {data && <Looks known={data} />}
    </div>
  );
}

function Looks({ known }: { known: Known }) {
  const { session } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const [name, setName] = useState(known.name);
  const [accent, setAccent] = useState(known.branding.accent);
  const [logo, setLogo] = useState(known.branding.logo);
  const picker = useRef<HTMLInputElement>(null);
  const { error, busy, run, setError } = useSubmit();
  const changed = name !== known.name || accent !== known.branding.accent || logo !== known.branding.logo;
  const wrong = accent !== "" && !COLOUR.test(accent) ? "A colour is # and six digits, such as #27509b." : undefined;

  const pick = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (!file) return;
    setError(null);
    if (file.size > LARGEST) setError(new Error("The picture is larger than 64 KiB."));
    else setLogo(await dataUrl(file));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wrong) return;
    void run(async () => {
      const { data } = await call<Known, "patchOrganizationsMe">("patchOrganizationsMe", { body: { name, branding: { accent, logo } } });
      queries.setQueryData(organizationQuery.queryKey, data);
      setName(data.name);
      setAccent(data.branding.accent);
      setLogo(data.branding.logo);
      void queries.invalidateQueries({ queryKey: ["session"] });
      say("Saved.");
    });
  };
  const colour = COLOUR.test(accent) ? accent : "";
  return (
    <form className="stack" onSubmit={submit} noValidate>
      {!session.user.organizationAdmin && <p className="note">Only an administrator of the organization can change this.</p>}
      <section className="card stack">
        <TextField label="Name" required value={name} maxLength={100} dir="auto" onChange={(event) => setName(event.target.value)} />
        <Field label="Colour" required={false} help="Of the buttons. The words on them are black or white, whichever can be read." fault={wrong}>
          {(attributes) => (
            <span className="actions">
              <input type="color" className="swatch" aria-label="Pick a colour" value={colour || "#27509b"} onChange={(event) => setAccent(event.target.value)} />
              <input {...attributes} className="input grow" placeholder="#27509b" spellCheck={false} value={accent}
                onChange={(event) => setAccent(event.target.value.trim())} />
              {accent !== "" && <Button size="small" onClick={() => setAccent("")}>None</Button>}
            </span>
          )}
        </Field>
        <div className="field">
          <span className="label" id="logo-label">Logo <span className="must">(optional)</span></span>
          <span className="actions">
            <input ref={picker} type="file" className="hidden" tabIndex={-1} accept="image/png,image/jpeg,image/webp" aria-labelledby="logo-label" onChange={(event) => void pick(event)} />
            <Button onClick={() => picker.current?.click()}>{logo ? "Choose another…" : "Choose a picture…"}</Button>
            {logo && <Button kind="quiet" onClick={() => setLogo("")}>Remove</Button>}
          </span>
          <span className="help">PNG, JPEG or WebP, square, at most 64 KiB.</span>
        </div>
        {error != null && <Fault error={error} />}
        <div><Button type="submit" kind="main-action" busy={busy} disabled={!changed || !session.user.organizationAdmin}>Save</Button></div>
      </section>
      <Preview name={name} colour={colour} logo={logo} />
    </form>
  );
}

/** The head of the Connect page, as customers will see it. */
function Preview({ name, colour, logo }: { name: string; colour: string; logo: string }) {
  const paint = (colour ? { "--accent": colour, "--on-accent": readableOn(colour) } : {}) as CSSProperties;
  return (
    <figure className="card stack preview" style={paint}>
      <figcaption className="small soft">What your customers see</figcaption>
      <div className="stack middle">
        {logo ? <img className="monogram large" src={logo} alt="" /> : <span className="monogram large letters" aria-hidden="true">{[...name].slice(0, 2).join("")}</span>}
        <strong>Connect Salesforce CRM</strong>
        <span><bdi>{name}</bdi> asks for access to your Salesforce CRM account.</span>
        <span className="button main-action" aria-hidden="true">Continue to Salesforce CRM</span>
      </div>
    </figure>
  );
}

const dataUrl = (file: File) =>
  new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.addEventListener("error", () => reject(new Error("The picture cannot be read.")));
    reader.readAsDataURL(file);
  });
